/** The order of the causes, and sentences that no real fault makes twice alike. */
import { expect, test } from 'vitest';
import { queuedRecord } from '../../contracts/runs.js';
import type { PendingActivity, QueueSide, WorkflowFacts } from '../ports/run-inspector.js';
import { explain } from './explain.js';
import type { RunFacts } from './facts.js';

const now = new Date('2026-11-25T12:00:00.000Z');
const before = (seconds: number): string => new Date(now.getTime() - seconds * 1_000).toISOString();
const id = '01a20ece-690c-7598-bf9a-20235bb31fd5';
const record = {
  ...queuedRecord({
    id,
    tenantId: 't',
    goal: 'g',
    agent: 'default',
    metadata: {},
    requestHash: null,
    createdAt: before(60),
  }),
  plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] },
};
const workflow: WorkflowFacts = {
  status: 'running',
  closedAt: null,
  historyEvents: 3,
  pinnedTo: null,
  task: null,
  terminatedFor: null,
  taskFailure: null,
  activities: [],
  children: [],
  timer: null,
};
const side: QueueSide = { pollers: [], backlog: 0, backlogAgeMs: 0, addRate: 0, dispatchRate: 0 };
const polled = (seconds: number): QueueSide => ({
  ...side,
  pollers: [{ identity: '1@host', lastPollAt: before(seconds), build: null }],
});
const facts: RunFacts = {
  runId: id,
  now,
  record: { answer: record },
  workflow: { answer: workflow },
  queue: { answer: { name: 'q', workers: null, currentBuild: null, workflows: side, activities: side } },
  toolQueue: null,
  workspace: null,
  bus: null,
  pause: null,
  approvals: [],
  maxAttempts: new Map([['echo', 5]]),
};
const activity: PendingActivity = {
  id: 'step:a',
  type: 'runTool',
  taskQueue: 'q',
  state: 'scheduled',
  attempt: 1,
  scheduledAt: before(10),
  startedAt: null,
  lastHeartbeatAt: null,
  heartbeatTimeoutMs: 5_000,
  lastWorker: null,
  lastFailure: null,
};
const causeOf = (more: Partial<RunFacts>) => explain({ ...facts, ...more }).cause;
const running = (more: Partial<WorkflowFacts>) => ({ workflow: { answer: { ...workflow, ...more } } });

test('what waits by itself says until when, once, and what a person can do has the id in it', () => {
  const until = new Date(now.getTime() + 900_000).toISOString();
  const timer = { until, summary: 'wait: nap until 2026-11-25T12:14:59.700Z' };
  expect(explain({ ...facts, ...running({ timer }) }).sentence).toBe(
    `The run waits for a timer until ${until}, for another 15 min: wait: nap.`,
  );
  const pause = { at: before(5), by: 'key:k', reason: 'looking', limit: null };
  expect(explain({ ...facts, pause })).toMatchObject({
    sentence: 'The run was paused 5 s ago by key:k: looking.',
    whatToDo: `Let it go on when it may: perdure runs resume ${id}.`,
  });
});

test('a task that was just scheduled is no sign of anything', () => {
  expect(causeOf(running({ activities: [{ ...activity, scheduledAt: before(1) }] }))).toBe('moving');
  expect(causeOf(running({ task: { state: 'scheduled', since: before(1), attempt: 1 } }))).toBe('moving');
});

test('who asked after the task was there polls; who asked before it does not', () => {
  const waits = running({ activities: [activity] });
  const queue = (seconds: number) => ({
    queue: {
      answer: {
        name: 'q',
        workers: null,
        currentBuild: null,
        workflows: side,
        activities: { ...polled(seconds), backlog: 2 },
      },
    },
  });
  expect(causeOf({ ...waits, ...queue(11) })).toBe('no_worker_polling');
  expect(causeOf({ ...waits, ...queue(9) })).toBe('backlog');
});

test('a full worker is told from one that is gone by what it said last', () => {
  const said = (seconds: number, free: number): Partial<RunFacts> => ({
    ...running({ activities: [activity] }),
    queue: {
      answer: {
        name: 'q',
        currentBuild: null,
        workers: [{ identity: '1@host', lastHeartbeatAt: before(seconds), used: 100 - free, free }],
        workflows: side,
        activities: { ...polled(30), backlog: 1 },
      },
    },
  });
  expect(causeOf(said(4, 0))).toBe('backlog');
  expect(causeOf(said(4, 1))).toBe('no_worker_polling');
  expect(causeOf(said(40, 0))).toBe('no_worker_polling');
});

test('an open record of a closed workflow is told before anything else of it', () => {
  expect(causeOf(running({ status: 'terminated', activities: [activity] }))).toBe('workflow_gone');
  expect(causeOf({ workflow: { answer: null } })).toBe('workflow_gone');
  const ended = {
    ...record,
    status: 'failed' as const,
    finishedAt: before(3),
    error: { code: 'step_failed' as const, message: 'why', retryable: false },
  };
  expect(explain({ ...facts, ...running({ status: 'failed' }), record: { answer: ended } })).toMatchObject({
    cause: 'finished',
    state: 'ended',
    sentence: 'The run has ended 3 s ago: failed: why.',
  });
});

test('Temporal away hides what else there is; the records away hide nothing', () => {
  expect(causeOf({ workflow: { problem: 'no answer' } })).toBe('temporal_unavailable');
  expect(explain({ ...facts, record: { problem: 'no answer' } }).sentence).toBe(
    'The records cannot be reached: no answer; the run waits with its next event.',
  );
  expect(causeOf({ record: { problem: 'no answer' }, ...running({ activities: [activity] }) })).toBe(
    'no_worker_polling',
  );
});

test('a failed attempt tells its number, its limit, its error and the next try', () => {
  const failed = {
    ...activity,
    attempt: 3,
    scheduledAt: new Date(now.getTime() + 4_000).toISOString(),
    lastFailure: { code: 'tool_unavailable', message: '503' },
  };
  expect(explain({ ...facts, ...running({ activities: [failed] }) })).toMatchObject({
    cause: 'attempt_failed',
    state: 'waiting',
    sentence: 'Attempt 2 of step "a" (echo) failed: "503"; attempt 3 of 5 begins in 4 s.',
  });
});

test.each([
  ['planRun', 'making the plan'],
  ['superviseStep', 'asking the supervisor'],
  ['recordEvents', 'keeping the record'],
])('a failed %s, which is of no step, is told as %s', (type, words) => {
  const failed = {
    ...{ ...activity, id: '7', type, attempt: 2 },
    scheduledAt: new Date(now.getTime() + 4_000).toISOString(),
    lastFailure: { code: 'model_rate_limited', message: '429' },
  };
  expect(explain({ ...facts, ...running({ activities: [failed] }) }).sentence).toContain(
    `Attempt 1 of ${words} failed: "429"`,
  );
});

test('a budget that is used up is told apart from a pause that somebody has asked for', () => {
  const pause = { at: before(5), by: null, reason: 'the budget is used up: 120 of 100 tokens', limit: null };
  const limited = { ...record, budget: { maxTokens: 100, exhausted: 'tokens' as const } };
  expect(causeOf({ pause })).toBe('paused');
  expect(
    explain({ ...facts, record: { answer: limited }, pause: { ...pause, limit: 'tokens' } }),
  ).toMatchObject({
    cause: 'budget',
    state: 'waiting',
    sentence:
      'The run was paused 5 s ago and waits for a larger budget: the budget is used up: 120 of 100 tokens.',
    evidence: expect.arrayContaining([{ what: 'max', value: '100' }]) as unknown,
  });
  expect(causeOf({ pause: { ...pause, limit: 'tokens' }, ...running({ activities: [activity] }) })).not.toBe(
    'budget',
  );
});

test('one failed workflow task is an accident; the second in a row is a cause', () => {
  const taskFailure = { cause: 'timed_out', message: 'late' };
  const task = (attempt: number) => ({ state: 'started' as const, since: before(1), attempt });
  expect(causeOf(running({ taskFailure, task: task(1) }))).toBe('moving');
  expect(causeOf(running({ taskFailure, task: task(2) }))).toBe('workflow_task_failing');
});

test('a run that only waits for its sub-agents names them, and where theirs is told', () => {
  const [id, other] = ['01a20ece-690c-7598-bf9a-20235bb31fd5', '01a20ece-690c-7598-bf9a-20235bb31fd6'];
  expect(explain({ ...facts, ...running({ children: [id, other] }) })).toMatchObject({
    cause: 'sub_agent',
    state: 'waiting',
    sentence: `The run waits for the run of its sub-agent, ${id}, and for 1 more.`,
    whatToDo: expect.stringContaining(`GET /v1/runs/${id}/why`) as string,
  });
  expect(causeOf(running({ children: [id], activities: [{ ...activity, scheduledAt: before(1) }] }))).toBe(
    'moving',
  );
});
