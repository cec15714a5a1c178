/** Where the files of runs are: S3, whose client is loaded where it is used, or this machine. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createLocalWorkspace } from '../adapters/local/local-workspace.js';
import { TEMPORARY } from '../adapters/local/whole-writes.js';
import type { Config } from '../config/env.js';
import type { Workspace } from '../ports/workspace.js';
import type { Releasers } from './releasers.js';

/** @param isOnly whether no other process is writing files here */
export async function openWorkspace(
  { s3, dataDir }: Config,
  releasers: Releasers,
  isOnly = true,
): Promise<{ port: Workspace; what: string }> {
  if (s3 !== null) {
    const { createS3Workspace } = await import('../adapters/s3/s3-workspace.js');
    const { workspace, close } = createS3Workspace(s3);
    releasers.push('the connections to S3', () => {
      close();
      return Promise.resolve();
    });
    const where = s3.endpoint === null ? `AWS ${s3.region}` : new URL(s3.endpoint).host;
    return { port: workspace, what: `bucket ${s3.bucket} at ${where}` };
  }
  const workspaces = path.join(dataDir, 'workspaces');
  // What a killed process had begun to write.
  if (isOnly) await rm(path.join(workspaces, TEMPORARY), { recursive: true, force: true });
  return { port: createLocalWorkspace(workspaces), what: `files in ${workspaces}` };
}
