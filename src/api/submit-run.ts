/**
 * Starts a run: files, then the workflow (the commit point), then the record.
 *
 * The record comes last, so that none ever stands for a run that nobody carries out; where the database is
 * down, the workflow's first activity writes the same record.
 */
import { queuedRecord, type RunRecord } from '../../contracts/runs.js';
import { admitRun } from './admission.js';
import type { ApiContext } from './context.js';
import { withDeadline } from '../../contracts/deadline.js';
import { keyReused, stageFiles } from './input-files.js';
import { storageRoom } from './storage-room.js';
import type { Submission } from './submission.js';

/** Milliseconds that a submission waits for the database before it goes on without. */
const STORE_MS = 5_000;

export interface Submitted {
  record: RunRecord;
  /** True when an earlier request with this key and body had started the run. */
  replayed: boolean;
  /** What is left of the tenant's limits. */
  headers: Record<string, string>;
}

/** @throws PerdureError `idempotency_key_reused`, `run_limit_reached`, `rate_limited`, `storage_limit_reached`,
 *   `temporal_unavailable`, `workspace_unavailable` */
export async function submitRun(context: ApiContext, submission: Submission): Promise<Submitted> {
  const { run, keyed } = submission;
  const known = keyed ? await withoutStore(context, () => context.runs.getRun(run.tenantId, run.id)) : null;
  if (known !== null) {
    if (known.requestHash !== run.requestHash) throw keyReused();
    return { record: known, replayed: true, headers: {} };
  }
  const admitted = await admitRun(context, run);
  try {
    const submitted = await startRecorded(context, submission);
    return { ...submitted, headers: admitted.headers };
  } catch (error) {
    await admitted.release();
    throw error;
  }
}

async function startRecorded(
  context: ApiContext,
  submission: Submission,
): Promise<Omit<Submitted, 'headers'>> {
  const { run, files } = submission;
  if (files.length === 0) return startStaged(context, submission);
  const room = storageRoom(context, { tenantId: run.tenantId, runId: run.id });
  try {
    await room.hold(files.reduce((sum, { content }) => sum + content.byteLength, 0));
    return await startStaged(context, submission);
  } finally {
    await room.settle();
  }
}

async function startStaged(context: ApiContext, submission: Submission): Promise<Omit<Submitted, 'headers'>> {
  const { run, keyed } = submission;
  const staged = await stageFiles(context.workspace, submission);
  const started = await start(context, submission).catch(async (error: unknown) => {
    // An answer that got lost may have started the workflow. With a key the client's repeat finds it and
    // its files; without one nobody will ever ask for this run, so its files need not stay.
    if (!keyed) await clear(context, run.id, () => staged.discard());
    throw error;
  });
  if (!started.started && started.requestHash !== run.requestHash) {
    await clear(context, run.id, () => staged.discard());
    throw keyReused();
  }
  const record = await withoutStore(context, () => context.runs.createRun(run));
  if (started.started) context.meter.submitted();
  return { record: record ?? queuedRecord(run), replayed: !started.started };
}

const start = (
  { engine, tools }: ApiContext,
  { run, plan, inputs, approvals, priority, reused }: Submission,
) =>
  engine.start(
    {
      run,
      plan,
      inputsData: inputs?.data === undefined ? null : { value: inputs.data },
      ...(approvals === undefined ? {} : { approvals }),
      ...(reused === undefined ? {} : { reused }),
      tools: Object.fromEntries(
        tools
          .list()
          .map(({ name, timeoutSeconds, effect, quick }) => [name, { timeoutSeconds, effect, quick }]),
      ),
    },
    priority,
  );

/** Null too when the database does not answer: Temporal decides about a start, not the projection. */
async function withoutStore(
  { logger }: ApiContext,
  act: () => Promise<RunRecord | null>,
): Promise<RunRecord | null> {
  try {
    return await withDeadline(act(), STORE_MS);
  } catch (error) {
    logger.warn({ err: error }, 'submitting without the database');
    return null;
  }
}

async function clear({ logger }: ApiContext, runId: string, discard: () => Promise<void>): Promise<void> {
  await discard().catch((error: unknown) => {
    logger.warn({ err: error, runId }, 'files of a refused submission stay behind');
  });
}
