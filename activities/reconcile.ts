/**
 * Makes records and workflows agree: a workflow that was terminated, timed out or deleted behind our back has written
 * no end, and a record that was lost is not written again by a run that has begun.
 */
import { cancellationSignal } from '@temporalio/activity';
import { PerdureError } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import type { ReconcileActivities, ReconcileResult } from '../contracts/reconcile.js';
import { isTerminal } from '../contracts/terminal.js';
import type { EventLog } from '../src/ports/event-log.js';
import type { Logger } from '../src/ports/logger.js';
import type { RunMeter } from '../src/ports/meters.js';
import type { OpenRecords, OpenRun, RunWorkflows } from '../src/ports/open-runs.js';
import type { RunStore } from '../src/ports/run-store.js';
import { now } from './journal.js';
import { toFailure } from './to-failure.js';

export interface ReconcileDependencies {
  store: Pick<RunStore, 'findRun' | 'createRun'>;
  log: Pick<EventLog, 'append'>;
  records: OpenRecords;
  workflows: RunWorkflows;
  logger: Logger;
  meter: Pick<RunMeter, 'reconciled'>;
  /** Milliseconds for which a run is left alone: its record and its workflow may still be on their way. */
  youngMs?: number;
}

const YOUNG_MS = 120_000;
const PAGE = 100;

export function createReconcileActivities(deps: ReconcileDependencies): ReconcileActivities {
  return {
    async reconcileRuns() {
      const before = new Date(Date.now() - (deps.youngMs ?? YOUNG_MS)).toISOString();
      const result: ReconcileResult = { ended: 0, recorded: 0, webhooks: 0, failed: 0 };
      try {
        await endRecords(deps, before, result);
        await recordWorkflows(deps, before, result);
        await startWebhooks(deps, before, result);
        return result;
      } catch (error) {
        throw toFailure(error);
      } finally {
        // Also of one that was cut off: what it has repaired is repaired.
        deps.meter.reconciled(result);
      }
    },
  };
}

async function endRecords(
  deps: ReconcileDependencies,
  before: string,
  result: ReconcileResult,
): Promise<void> {
  for (let after: OpenRun | undefined; ;) {
    const page = await deps.records.openRuns(before, PAGE, after);
    for (const run of page)
      await each(deps, run.runId, result, async () => {
        if (await endRecord(deps, run)) result.ended += 1;
      });
    after = page.at(-1);
    if (after === undefined) return;
  }
}

async function endRecord(
  { workflows, store, log, logger }: ReconcileDependencies,
  run: OpenRun,
): Promise<boolean> {
  const { runId, tenantId } = run;
  const status = await workflows.statusOf(runId);
  if (status === 'running' || status === 'continued_as_new') return false;
  // It may have come to its own end since the page was read.
  const record = await store.findRun(tenantId, runId);
  if (record === null || isTerminal(record.status)) return false;
  await log.append(runId, [endOf(status)]);
  logger.warn({ runId, tenantId, workflow: status }, 'a run whose workflow is gone has its end now');
  return true;
}

/** By the key of the end that the run itself would write: there is one end, whoever writes it. */
function endOf(status: string | null): NewEvent {
  const event = { key: 'run/end', at: now() };
  if (status === 'canceled') return { ...event, type: 'run.cancelled', data: {} };
  const how =
    status === null
      ? 'Temporal has no workflow of this run any more'
      : `its workflow is ${status.replace('_', ' ')}`;
  const error = {
    code: 'workflow_gone' as const,
    message: `${how}, and its end was not recorded`,
    retryable: false,
  };
  return { ...event, type: 'run.failed', data: { error } };
}

async function recordWorkflows(
  deps: ReconcileDependencies,
  before: string,
  result: ReconcileResult,
): Promise<void> {
  const { workflows, store, logger } = deps;
  for await (const { runId, tenantId } of workflows.open(before))
    await each(deps, runId, result, async () => {
      if ((await store.findRun(tenantId, runId)) !== null) return;
      const run = await workflows.newRunOf(runId);
      if (run === null) return;
      await store.createRun(run);
      result.recorded += 1;
      logger.warn({ runId, tenantId }, 'a run that had no record has one now');
    });
}

/** A run that was terminated behind our back told nobody; nor does one whose end was written by the above. */
async function startWebhooks(
  deps: ReconcileDependencies,
  before: string,
  result: ReconcileResult,
): Promise<void> {
  for (const webhook of await deps.records.untoldWebhooks(before, PAGE))
    await each(deps, webhook.runId, result, async () => {
      if (await deps.workflows.startWebhook(webhook)) result.webhooks += 1;
    });
}

/** An outage is waited for; one run that is beyond help does not keep the others. */
async function each(
  { logger }: ReconcileDependencies,
  runId: string,
  result: ReconcileResult,
  act: () => Promise<void>,
): Promise<void> {
  cancellationSignal().throwIfAborted();
  try {
    await act();
  } catch (error) {
    if (error instanceof PerdureError && error.retryable) throw error;
    logger.error({ err: error, runId }, 'a run could not be compared with its workflow');
    result.failed += 1;
  }
}
