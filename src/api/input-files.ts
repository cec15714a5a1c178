/**
 * Puts a submission's files into the workspace before its workflow starts, so that no other submission of
 * the same Idempotency-Key can replace them.
 *
 * The run id of a keyed submission is known before anybody has won it. Each body therefore first writes a
 * claim named by its hash, then looks which claims there are, and only goes on when its own stands alone.
 * Of two bodies at least one sees the other's claim, on whichever servers they arrive, since each writes
 * before it looks; so never do two write files (the flags of Dekker's algorithm, in Dijkstra, EWD123).
 * Both may see each other: then both are refused, which is true of both. A claim is never taken back, for
 * a repeat of its body may rely on it. Repeats share a claim and the same content, and leave alone a file
 * that is there: the run may be under way and have changed it. Neither the database nor Temporal is asked:
 * they may be down.
 */
import { PerdureError } from '../../contracts/errors.js';
import { SYSTEM_FOLDER } from '../../contracts/workspace-path.js';
import type { Workspace, WorkspaceScope } from '../ports/workspace.js';
import type { Submission } from './submission.js';

const CLAIMS = `${SYSTEM_FOLDER}/submissions/`;

export interface StagedFiles {
  /** Deletes the files that this submission wrote; for one that started nothing. */
  discard(): Promise<void>;
}

/** @throws PerdureError `idempotency_key_reused`, and what the workspace throws */
export async function stageFiles(workspace: Workspace, submission: Submission): Promise<StagedFiles> {
  const { run, files, keyed } = submission;
  const scope: WorkspaceScope = { tenantId: run.tenantId, runId: run.id };
  if (files.length === 0) return { discard: () => Promise.resolve() };
  const written: string[] = [];
  const discard = async (): Promise<void> => {
    for (const path of written.toReversed()) await workspace.delete(scope, path);
  };
  try {
    if (keyed) {
      const claim = CLAIMS + run.requestHash;
      if ((await workspace.stat(scope, claim)) === null) await workspace.put(scope, claim, run.createdAt);
      const claims = await workspace.list(scope, { prefix: CLAIMS, system: true });
      if (claims.some((other) => other.path !== claim)) throw keyReused();
    }
    for (const { path, content } of files) {
      if (keyed && (await workspace.stat(scope, path)) !== null) continue;
      await workspace.put(scope, path, content);
      written.push(path);
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
