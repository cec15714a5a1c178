/**
 * `perdure replay`: the histories of runs that are open, or ended lately, replayed by this build's workflow code. What
 * diverges here would fail in every workflow task once this build is deployed.
 */
import { Client, WorkflowNotFoundError, type ConnectionLike, type WorkflowHandle } from '@temporalio/client';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { PerdureError } from '../../contracts/errors.js';
import { AGENT_RUN_WORKFLOW } from '../../contracts/messages.js';
import { unopened } from '../adapters/temporal/payload-codec.js';

export interface ReplayOptions {
  connection: ConnectionLike;
  namespace: string;
  /** Ended runs are replayed too if they ended after this; open ones always are. */
  since: Date;
  /** Runs at most, the newest first. */
  limit: number;
  workflows: Pick<ReplayWorkerOptions, 'workflowBundle' | 'workflowsPath' | 'dataConverter'>;
}

export interface Divergence {
  workflowId: string;
  /** Of the execution: one run has several after continue-as-new. */
  executionId: string;
  open: boolean;
  /** Where history and code part, in the SDK's words. */
  difference: string;
  /** The event of the history that the code did not make; null where none is named. */
  event: { id: number; type: string } | null;
}

export interface ReplayReport {
  replayed: number;
  open: number;
  /** Whether there are histories beyond the limit. */
  more: boolean;
  divergences: Divergence[];
}

export async function replayRuns(options: ReplayOptions): Promise<ReplayReport> {
  const { connection, namespace, since, limit, workflows } = options;
  const client = new Client({ connection, namespace, dataConverter: unopened });
  const query =
    `WorkflowType = "${AGENT_RUN_WORKFLOW}" and ` +
    `(ExecutionStatus = "Running" or CloseTime > "${since.toISOString()}")`;
  const report: ReplayReport = { replayed: 0, open: 0, more: false, divergences: [] };
  for await (const { workflowId, runId, status } of client.workflow.list({ query })) {
    if (report.replayed >= limit) {
      report.more = true;
      break;
    }
    const open = status.name === 'RUNNING';
    const history = await historyOf(client.workflow.getHandle(workflowId, runId));
    if (history === null) continue;
    report.replayed += 1;
    if (open) report.open += 1;
    try {
      await Worker.runReplayHistory(workflows, history, workflowId);
    } catch (error) {
      // Of a tenant that was erased there is nothing to go on with.
      if (error instanceof PerdureError && error.code === 'encryption_key_missing') continue;
      const difference = error instanceof Error ? error.message : String(error);
      const id = Number(/event(?: id)?:? '?(\d+)/i.exec(difference)?.[1]);
      const event = history.events?.find(({ eventId }) => Number(eventId) === id);
      report.divergences.push({
        workflowId,
        executionId: runId,
        open,
        difference:
          /message: "((?:[^"\\]|\\.)*)"/.exec(difference)?.[1] ?? difference.split('\n', 1)[0] ?? '',
        event: event === undefined ? null : { id, type: typeOf(event) },
      });
    }
  }
  return report;
}

/** @returns null where its time was over, or somebody has deleted it, since it was listed */
async function historyOf(
  handle: WorkflowHandle,
): Promise<Awaited<ReturnType<WorkflowHandle['fetchHistory']>> | null> {
  try {
    return await handle.fetchHistory();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** An event is called by which of its attributes is set. */
const typeOf = (event: object): string =>
  Object.entries(event)
    .find(([name, value]) => name.endsWith('EventAttributes') && value !== null && value !== undefined)?.[0]
    .replace('EventAttributes', '') ?? 'unknown';
