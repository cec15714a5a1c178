/** The files of a run. Paths are canonical (contracts/workspace-path); writes are atomic. */
import type { Readable } from 'node:stream';
import type { FileInfo } from '../../contracts/api.js';

export interface WorkspaceScope {
  tenantId: string;
  runId: string;
}

export type { FileInfo };

/** Byte positions, both inclusive. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Every method throws PerdureError `invalid_path`, or `workspace_unavailable` when the store fails. */
export interface Workspace {
  /** Replaces the file whole or, on any error, leaves what was there. */
  put(scope: WorkspaceScope, path: string, content: Readable | Uint8Array | string): Promise<FileInfo>;
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
  deleteAll(scope: WorkspaceScope): Promise<void>;
  /** Writes and reads a probe. */
  check(): Promise<void>;
}
