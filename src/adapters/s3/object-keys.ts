/** Where a run's files lie in the bucket: `<prefix>/<tenant>/<run>/<path>`. */
import { PerdureError } from '../../../contracts/errors.js';
import { folderName, workspacePath } from '../../../contracts/workspace-path.js';
import type { WorkspaceScope } from '../../ports/workspace.js';

/** Bytes; S3's own limit. */
const MAX_KEY_BYTES = 1_024;

/** Ends with a slash, so that `t1` is no beginning of `t10`. */
export const tenantKey = (prefix: string, tenantId: string): string => `${prefix}${folderName(tenantId)}/`;

export const folderKey = (prefix: string, { tenantId, runId }: WorkspaceScope): string =>
  `${tenantKey(prefix, tenantId)}${folderName(runId)}/`;

/** @throws PerdureError `invalid_path` */
export function fileKey(prefix: string, scope: WorkspaceScope, path: string): string {
  const key = folderKey(prefix, scope) + workspacePath(path, { system: true });
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new PerdureError(
      'invalid_path',
      `the path ${JSON.stringify(path.slice(0, 200))} is too long: with tenant and run an S3 key has at most ${MAX_KEY_BYTES} bytes`,
    );
  return key;
}

/** Null for what perdure did not write, such as the folder objects of S3 consoles. */
export function pathOf(folder: string, key: string): string | null {
  const path = key.slice(folder.length);
  try {
    return workspacePath(path, { system: true }) === path ? path : null;
  } catch {
    return null;
  }
}
