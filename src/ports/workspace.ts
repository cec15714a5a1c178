/** The files of a run. Paths are canonical (contracts/workspace-path); writes are atomic. */
import type { Readable } from 'node:stream';
import type { FileInfo } from '../../contracts/api.js';
import type { PresignedRequest, PresignOptions } from '../../contracts/presign.js';

export interface WorkspaceScope {
  tenantId: string;
  runId: string;
}

export type { FileInfo };

export type FileContent = Readable | Uint8Array | string;

/** Byte positions, both inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** What must hold at the moment a write appears: there is no such file, or the file has this etag. */
export type WriteCondition = 'absent' | { etag: string };

/**
 * Every method throws PerdureError `invalid_path`, `workspace_unavailable` when the store fails, or
 * `workspace_refused` when it does not let us in.
 */
export interface Workspace {
  /**
   * Replaces the file whole or, on any error, leaves what was there.
   * @throws PerdureError `precondition_failed` when the condition does not hold
   */
  put(
    scope: WorkspaceScope,
    path: string,
    content: FileContent,
    condition?: WriteCondition,
  ): Promise<FileInfo>;
  /** Writes the file unless there is one. @returns whether it did: of several at once exactly one does */
  create(scope: WorkspaceScope, path: string, content: string): Promise<boolean>;
  /** Null when there is no such file. */
  stat(scope: WorkspaceScope, path: string): Promise<FileInfo | null>;
  /** @throws PerdureError `file_not_found` */
  get(scope: WorkspaceScope, path: string, range?: ByteRange): Promise<{ info: FileInfo; content: Readable }>;
  /** Sorted by path; without the system folder unless asked for. */
  list(scope: WorkspaceScope, options?: { prefix?: string; system?: boolean }): Promise<FileInfo[]>;
  /** True when there was such a file. */
  delete(scope: WorkspaceScope, path: string): Promise<boolean>;
  /** May be called again, also after a failure half-way. */
  deleteAll(scope: WorkspaceScope): Promise<void>;
  /** The files of all the tenant's runs, recorded or not; may be called again, too. */
  deleteTenant(tenantId: string): Promise<void>;
  /** Bytes of all files, the system folder's too. */
  usedBytes(scope: WorkspaceScope): Promise<number>;
  /** Only where the store has addresses of its own. The file of a GET may be missing, or be deleted before. */
  presign?(scope: WorkspaceScope, path: string, options: PresignOptions): Promise<PresignedRequest>;
  /** Writes, reads and deletes a probe. */
  check(): Promise<void>;
}
