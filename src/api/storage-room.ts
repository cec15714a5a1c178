/** Room for what is written into a tenant's workspaces, kept before it is used: many writers pass no limit. */
import { randomUUID } from 'node:crypto';
import { PerdureError } from '../../contracts/errors.js';
import { noteStorage } from '../ports/note-storage.js';
import type { WorkspaceScope } from '../ports/workspace.js';
import type { ApiContext } from './context.js';

export interface StorageRoom {
  /** Resolves when there is room for so many bytes in all. @throws PerdureError `storage_limit_reached` */
  hold: (bytes: number) => Promise<void>;
  /** Notes what the run's workspace holds now, and gives the room back. Never throws. */
  settle(): Promise<void>;
}

/** What a file of unknown size asks for at a time. */
const STEP = 8_000_000;
/** Seconds; room comes when somebody deletes something. */
const RETRY_AFTER = 60;

const unlimited: StorageRoom = { hold: () => Promise.resolve(), settle: () => Promise.resolve() };

export function storageRoom(context: ApiContext, scope: WorkspaceScope): StorageRoom {
  const { admission, logger } = context;
  const limit = admission?.limits.storageBytes ?? null;
  if (admission === null || limit === null) return unlimited;
  const { port } = admission;
  const { tenantId } = scope;
  const id = randomUUID();
  let held = 0;

  const keep = async (bytes: number): Promise<number> => {
    try {
      return await port.holdStorage(tenantId, id, bytes, limit);
    } catch (error) {
      if (!(error instanceof PerdureError && error.code === 'store_unavailable')) throw error;
      logger.warn(
        { err: error, ...scope },
        'a file is taken without its limit: the database does not answer',
      );
      return bytes;
    }
  };
  return {
    hold: async (bytes) => {
      if (bytes <= held) return;
      // The first time it is the whole size, where that is known.
      held = await keep(held === 0 ? bytes : Math.max(bytes, held + STEP));
      if (bytes > held)
        throw new PerdureError(
          'storage_limit_reached',
          `all files together may have at most ${limit} bytes`,
          {
            retryAfterSeconds: RETRY_AFTER,
          },
        );
    },
    async settle() {
      try {
        await noteStorage(context.workspace, port, scope);
        if (held > 0) await port.releaseStorage(tenantId, id);
      } catch (error) {
        // The next change of a file notes it anew; what is held passes by itself.
        logger.warn({ err: error, ...scope }, 'what a run’s files take up is not noted');
      }
    },
  };
}
