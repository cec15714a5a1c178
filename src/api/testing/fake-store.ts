/** RunStore and EventLog in memory, with the rules of the real one: keys, gap-free seq, a last event. */
import type { Approval } from '../../../contracts/approvals.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { NewEvent, RunEvent } from '../../../contracts/events.js';
import { changedPlan } from '../../../contracts/plan-change.js';
import { queuedRecord, type RunHead, type RunRecord } from '../../../contracts/runs.js';
import { isTerminal, isTerminalEvent } from '../../../contracts/terminal.js';
import type { ApprovalStore } from '../../ports/approval-store.js';
import type { AppendedEvent, EventLog } from '../../ports/event-log.js';
import type { RunStore } from '../../ports/run-store.js';

export interface FakeStore {
  runs: RunStore;
  log: EventLog;
  approvals: ApprovalStore;
  /** Every call throws store_unavailable while true. */
  down: boolean;
}

interface Entry {
  record: RunRecord;
  events: { key: string; event: RunEvent }[];
}

export function createFakeStore(): FakeStore {
  const entries = new Map<string, Entry>();
  // A promise's executor turns what is thrown into a rejection, as a database would.
  const call = <Value>(act: () => Value): Promise<Value> =>
    new Promise((resolve) => {
      if (store.down) throw new PerdureError('store_unavailable', 'the database does not answer');
      resolve(act());
    });
  const entryOf = (runId: string): Entry => {
    const entry = entries.get(runId);
    if (entry === undefined) throw new PerdureError('run_not_found', `there is no run ${runId}`);
    return entry;
  };

  const log: EventLog = {
    append: (runId, events) => call(() => appendTo(entryOf(runId), runId, events)),
    read: (runId, after, limit) =>
      call(() =>
        (entries.get(runId)?.events ?? [])
          .map(({ event }) => event)
          .filter((event) => event.seq > after)
          .slice(0, limit),
      ),
    find: (runId, keys) =>
      call(() =>
        (entries.get(runId)?.events ?? []).filter(({ key }) => keys.includes(key)).map(({ event }) => event),
      ),
  };

  const runs: RunStore = {
    createRun: (run) =>
      call(() => {
        const known = entries.get(run.id);
        if (known !== undefined) return { ...known.record };
        const record = queuedRecord(run);
        const entry: Entry = { record, events: [] };
        entries.set(run.id, entry);
        appendTo(entry, run.id, [
          { type: 'run.queued', key: 'run.queued', at: run.createdAt, data: { goal: run.goal } },
        ]);
        return { ...record };
      }),
    getRun: (tenantId, runId) =>
      call(() => {
        const record = entries.get(runId)?.record;
        return record?.tenantId === tenantId ? { ...record } : null;
      }),
    findRun: (tenantId, runId) =>
      call(() => {
        const record = entries.get(runId)?.record;
        return record?.tenantId === tenantId ? headOf(record) : null;
      }),
    listRuns: (tenantId, filter, limit, cursor) =>
      call(() => {
        const matching = [...entries.values()]
          .map(({ record }) => record)
          .filter((record) => record.tenantId === tenantId)
          .filter((record) => filter.status?.includes(record.status) ?? true)
          .filter((record) => filter.agent === undefined || record.agent === filter.agent)
          .filter(
            ({ origin }) =>
              filter.parent === undefined || (origin?.kind === 'delegate' && origin.runId === filter.parent),
          )
          .filter((record) =>
            Object.entries(filter.metadata ?? {}).every(([k, v]) => record.metadata[k] === v),
          )
          .reverse();
        const from = cursor === undefined ? 0 : Number(cursor);
        const more = from + limit < matching.length;
        return {
          runs: matching.slice(from, from + limit).map(headOf),
          nextCursor: more ? String(from + limit) : null,
        };
      }),
    countRuns: (tenantId, filter, { from, seconds }) =>
      call(() =>
        [...entries.values()]
          .map(({ record }) => record)
          .filter((record) => record.tenantId === tenantId)
          .filter((record) => filter.agent === undefined || record.agent === filter.agent)
          .map(({ status, createdAt }) => {
            const period = Math.floor((Date.parse(createdAt) - Date.parse(from)) / 1_000 / seconds);
            return { status, period: period < 0 ? null : period, runs: 1 };
          }),
      ),
    noteWebhook: (tenantId, runId, note) =>
      call(() => {
        const record = entries.get(runId)?.record;
        if (record?.tenantId !== tenantId || record.webhook === null)
          throw new PerdureError('run_not_found', `no run ${runId} waits for its webhook`);
        record.webhook = { ...record.webhook, ...note };
      }),
    check: () => call(() => undefined),
  };

  const approvalsOf = (tenantId: string): Approval[] =>
    [...entries.values()]
      .filter(({ record }) => record.tenantId === tenantId)
      .flatMap(({ events }) => approvalsIn(events.map(({ event }) => event)));
  const approvals: ApprovalStore = {
    list: (tenantId, filter, limit) =>
      call(() => ({
        approvals: approvalsOf(tenantId)
          .filter(({ runId }) => filter.runId === undefined || runId === filter.runId)
          .filter(({ status }) => filter.status === undefined || status === filter.status)
          .slice(0, limit),
        nextCursor: null,
      })),
    find: (tenantId, runId, id) =>
      call(() => approvalsOf(tenantId).find((a) => a.runId === runId && a.id === id) ?? null),
  };
  const store: FakeStore = { runs, log, approvals, down: false };
  return store;
}

function approvalsIn(events: readonly RunEvent[]): Approval[] {
  const decisions = events.filter((event) => event.type === 'approval.decided');
  return events
    .filter((event) => event.type === 'approval.requested')
    .map(({ approvalId, runId, at, stepId, kind, argsHash, tool, title, args, note, expiresAt }) => {
      const decided = decisions.find((event) => event.approvalId === approvalId);
      return {
        ...{ id: approvalId, runId, kind, argsHash, requestedAt: at, stepId: stepId ?? null },
        ...{ tool: tool ?? null, title: title ?? null, args: args ?? null, note: note ?? null },
        expiresAt: expiresAt ?? null,
        status: decided?.decision ?? 'pending',
        decidedAt: decided?.at ?? null,
        decidedBy: decided?.by ?? null,
      };
    });
}

function headOf({ plan: _plan, planVersion: _version, ...head }: RunRecord): RunHead {
  return head;
}

function appendTo(entry: Entry, runId: string, events: readonly NewEvent[]): AppendedEvent[] {
  const appended: AppendedEvent[] = [];
  for (const { key, data, ...rest } of events) {
    const known = entry.events.find((e) => e.key === key);
    if (known !== undefined) {
      appended.push({ key, inserted: false, event: known.event });
      continue;
    }
    if (isTerminal(entry.record.status)) continue;
    const seq = entry.record.lastSeq + 1;
    // Type and data belong together in NewEvent; spreading them apart hides that from the compiler.
    const event = { ...data, ...rest, seq, runId } as RunEvent;
    entry.events.push({ key, event });
    Object.assign(entry.record, projection(event, entry.record), { lastSeq: seq });
    appended.push({ key, inserted: true, event });
  }
  return appended;
}

function projection(event: RunEvent, { budget, plan }: RunRecord): Partial<RunRecord> {
  if (event.type === 'run.started') return { status: 'running', startedAt: event.at };
  if (event.type === 'run.paused') return { status: 'paused' };
  if (event.type === 'run.resumed') return { status: 'running' };
  if (event.type === 'budget.exhausted') return { budget: { ...budget, exhausted: event.limit } };
  if (event.type === 'budget.changed') return { budget: event.budget };
  if (event.type === 'plan.created') return { plan: event.plan, planVersion: event.version };
  if (event.type === 'plan.updated' && plan !== null) {
    const change = { steps: event.steps, remove: event.removed };
    return { plan: changedPlan(plan, change), planVersion: event.version };
  }
  if (!isTerminalEvent(event.type)) return {};
  const ended = { finishedAt: event.at };
  if (event.type === 'run.completed') return { ...ended, status: 'completed', result: event.result };
  return { ...ended, status: event.type === 'run.failed' ? 'failed' : 'cancelled' };
}
