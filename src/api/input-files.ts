/**
 * Puts a submission's files into the workspace before its workflow starts, so that no other submission of
 * the same Idempotency-Key can replace them.
 *
 * The run id of a keyed submission is known before anybody has won it. Each body therefore first tries to
 * create a claim that holds its hash; of several at once exactly one does, on whichever servers they arrive,
 * and the others see whose the key is. Neither the database nor Temporal is asked: they may be down. A claim
 * is never taken back, for a repeat of its body may rely on it. Repeats share the claim and the same content,
 * and leave alone a file that is there: the run may be under way and have changed it.
 */
import { text } from 'node:stream/consumers';
import { PerdureError } from '../../contracts/errors.js';
import { SYSTEM_FOLDER } from '../../contracts/workspace-path.js';
import type { Workspace, WorkspaceScope } from '../ports/workspace.js';
import type { Submission } from './submission.js';

const CLAIM = `${SYSTEM_FOLDER}/submission`;

const AT_ONCE = 16;

export interface StagedFiles {
  /** Deletes the files that this submission wrote; for one that started nothing. */
  discard(): Promise<void>;
}

/** @throws PerdureError `idempotency_key_reused`, and what the workspace throws */
export async function stageFiles(workspace: Workspace, submission: Submission): Promise<StagedFiles> {
  const { run, files, keyed } = submission;
  const scope: WorkspaceScope = { tenantId: run.tenantId, runId: run.id };
  const written: string[] = [];
  const discard = async (): Promise<void> => {
    for (const path of written.toReversed()) await workspace.delete(scope, path);
  };
  try {
    if (keyed && !(await workspace.create(scope, CLAIM, run.requestHash))) {
      const { content } = await workspace.get(scope, CLAIM);
      if ((await text(content)) !== run.requestHash) throw keyReused();
    }
    // Some at once: each write waits for the disk.
    for (let i = 0; i < files.length; i += AT_ONCE) {
      const writes = files.slice(i, i + AT_ONCE).map(async ({ path, content }) => {
        if (keyed && (await workspace.stat(scope, path)) !== null) return;
        await workspace.put(scope, path, content);
        written.push(path);
      });
      // All have ended before one's failure counts: what is deleted then must not be written after.
      await Promise.allSettled(writes);
      await Promise.all(writes);
    }
  } catch (error) {
    // With a key a repeat may rely on what is there already. What cannot be cleared up is harmless:
    // nothing runs under this id.
    if (!keyed) await discard().catch(() => undefined);
    throw error;
  }
  return { discard };
}

export const keyReused = (): PerdureError =>
  new PerdureError('idempotency_key_reused', 'the Idempotency-Key was sent before, with another body', {
    errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
  });
