/** Links by which a file goes to or from the store itself. */
import type { RequestHandler } from 'express';
import { PerdureError } from '../../../contracts/errors.js';
import { presignSchema } from '../../../contracts/presign.js';
import type { WorkspaceScope } from '../../ports/workspace.js';
import type { ApiContext } from '../context.js';
import { rawFilePath } from '../raw-file-path.js';
import { findOpenRun, findRun } from '../run-lookup.js';
import { storageRoom } from '../storage-room.js';
import { validate } from '../validate.js';

export function createPresignRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const { method, bytes = 0, expiresSeconds } = validate(presignSchema, req.body ?? {}, 'body');
    const uploads = method === 'PUT';
    // As with the calls that the link stands for: perdure's own folder is read, never written.
    const path = rawFilePath(req.originalUrl, { system: !uploads });
    const { tenantId, id } = await (uploads ? findOpenRun : findRun)(context, req);
    const { workspace, limits } = context;
    if (bytes > limits.maxFileBytes) {
      const message = `a file may have at most ${limits.maxFileBytes} bytes`;
      throw new PerdureError('body_too_large', message, { errors: [{ field: 'bytes', message }] });
    }
    if (workspace.presign === undefined)
      throw new PerdureError('presign_unsupported', 'the files of this server have no links of their own');
    const scope = { tenantId, runId: id };
    // Nobody tells us when the file has come: its room is kept until the link is long over, and what is there is
    // counted with the next change and at the run's end.
    if (uploads) await keepRoom(context, scope, bytes);
    if (!uploads && (await workspace.stat(scope, path)) === null)
      throw new PerdureError('file_not_found', `there is no file ${JSON.stringify(path)}`);
    const link = await workspace.presign(
      scope,
      path,
      uploads ? { method, bytes, expiresSeconds } : { method, expiresSeconds },
    );
    res.set('Cache-Control', 'no-store').json(link);
  };
}

async function keepRoom(context: ApiContext, scope: WorkspaceScope, bytes: number): Promise<void> {
  const room = storageRoom(context, scope);
  try {
    await room.hold(bytes);
  } catch (error) {
    await room.settle();
    throw error;
  }
}
