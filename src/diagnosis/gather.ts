/** Asks the parts, all at once, each for a moment only: a part that is away is a fact like any other. */
import { usedUp } from '../../contracts/budget-limits.js';
import { DeadlineError, withDeadline } from '../../contracts/deadline.js';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import type { ApprovalStore } from '../ports/approval-store.js';
import type { EventLog } from '../ports/event-log.js';
import type { EventBus } from '../ports/event-bus.js';
import type { Logger } from '../ports/logger.js';
import type { RunInspector } from '../ports/run-inspector.js';
import type { RunStore } from '../ports/run-store.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import type { Workspace } from '../ports/workspace.js';
import type { Asked, RunFacts } from './facts.js';

export interface Sources {
  runs: Pick<RunStore, 'getRun'>;
  approvals: Pick<ApprovalStore, 'list'>;
  log: Pick<EventLog, 'read'>;
  inspector: RunInspector;
  workspace: Pick<Workspace, 'check'>;
  bus: Pick<EventBus, 'problem'>;
  tools: Pick<ToolCatalog, 'list'>;
  logger: Logger;
}

/** Milliseconds that one part may take. */
const ASK_MS = 3_000;
/** Events among which the pause is looked for: what was under way may have ended since. */
const NEWEST = 200;
/** Approvals that are told of. */
const SOME = 10;

export async function gather(sources: Sources, tenantId: string, runId: string): Promise<RunFacts> {
  const { runs, approvals, log, inspector, workspace, bus, tools, logger } = sources;
  const ask = async <Value>(part: string, question: Promise<Value>): Promise<Asked<Value>> => {
    try {
      return { answer: await withDeadline(question, ASK_MS, `${ASK_MS / 1_000} seconds`) };
    } catch (error) {
      logger.warn({ err: error, part, runId }, 'a part did not answer while a run was looked into');
      // Other messages may hold addresses and names that are nobody's business.
      const told = error instanceof PerdureError || error instanceof DeadlineError;
      return { problem: told ? error.message : 'it failed; the log says why' };
    }
  };
  const [workflow, queue, toolQueue, elsewhere, files] = await Promise.all([
    ask('temporal', inspector.workflow(runId)),
    ask('temporal', inspector.queue()),
    ask('temporal', inspector.toolQueue()),
    ask('temporal', inspector.workersElsewhere()),
    ask('workspace', workspace.check()),
  ]);
  // After the workflow: one that has ended by then has its end in the record.
  const record = await ask('records', runs.getRun(tenantId, runId));
  const run = 'answer' in record ? record.answer : null;
  const newest =
    run?.status === 'paused'
      ? await ask('records', log.read(runId, Math.max(0, run.lastSeq - NEWEST), NEWEST))
      : { answer: [] };
  const asked =
    run?.status === 'waiting'
      ? await ask('records', approvals.list(tenantId, { runId, status: 'pending' }, SOME))
      : { problem: 'not asked' };
  return {
    runId,
    now: new Date(),
    pause: 'answer' in newest ? pauseOf(newest.answer) : null,
    approvals: 'answer' in asked ? asked.answer.approvals : [],
    record,
    workflow,
    queue,
    toolQueue: 'answer' in toolQueue ? toolQueue.answer : null,
    elsewhere: 'answer' in elsewhere ? elsewhere.answer : [],
    workspace: 'problem' in files ? files.problem : null,
    bus: bus.problem(),
    maxAttempts: new Map(tools.list().map(({ name, maxAttempts }) => [name, maxAttempts])),
  };
}

/** How the run is paused, by its newest events. */
export function pauseOf(events: readonly RunEvent[]): RunFacts['pause'] {
  const event = events.findLast(({ type }) => type === 'run.paused');
  if (event?.type !== 'run.paused') return null;
  const { at, by = null, reason = null, limit = null } = event;
  // A larger budget that is used up, too, leaves the run paused as it was.
  const again = events.findLast(({ type, seq }) => type === 'budget.exhausted' && seq > event.seq);
  return again?.type === 'budget.exhausted' && limit !== null
    ? { at, by, reason: usedUp(again), limit: again.limit }
    : { at, by, reason, limit };
}
