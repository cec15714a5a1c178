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
  lastWorker: null,
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
  elsewhere: [],
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
  expect(
    causeOf(
      running({
        task: { state: 'scheduled', since: before(1), offeredAt: before(1), attempt: 1, isKept: false },
      }),
    ),
  ).toBe('moving');
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

test('a closed record of a workflow that stays open is told', () => {
  const ended = (seconds: number) => ({
    ...{ ...facts, ...running({}) },
    record: { answer: { ...record, status: 'completed' as const, finishedAt: before(seconds) } },
  });
  // It has just written its end.
  expect(explain(ended(3)).sentence).toBe('The run has ended 3 s ago: completed.');
  const { sentence, whatToDo } = explain(ended(90));
  expect(sentence).toMatch(/^The run has ended .* ago: completed; but its workflow is still open\.$/);
  expect(whatToDo).toContain(`terminate the workflow run-${id}`);
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
    ...{ ...activity, id: '7', type, attempt: 2, isKept: false },
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
  const task = (attempt: number) => ({
    state: 'started' as const,
    since: before(1),
    offeredAt: before(1),
    attempt,
    isKept: false,
  });
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

test('a task that nobody takes is told before how the one before it ended', () => {
  const queue = (seconds: number, told: number | null) => ({
    queue: {
      answer: {
        name: 'q',
        workers:
          told === null ? [] : [{ identity: '1@host', lastHeartbeatAt: before(told), used: 0, free: 100 }],
        currentBuild: null,
        workflows: polled(seconds),
        activities: side,
      },
    },
  });
  const task = {
    state: 'scheduled' as const,
    since: before(16),
    offeredAt: before(16),
    attempt: 3,
    isKept: false,
  };
  const taskFailure = { cause: 'timed_out', message: 'late' };
  const stopped = running({ task, taskFailure, lastWorker: '1@host' });
  expect(explain({ ...facts, ...stopped, ...queue(20, 22) })).toMatchObject({
    cause: 'no_worker_polling',
    state: 'stuck',
    sentence:
      'No worker polls the task queue "q": the last poll was 20 s ago, by 1@host, and the run has waited for one for 16 s; the worker 1@host took the task before and did not answer.',
  });
  // While it holds one, what it tells beside says whether it lives.
  const held = running({ task: { ...task, state: 'started' }, taskFailure, lastWorker: '1@host' });
  const sentence = (told: number | null) => explain({ ...facts, ...held, ...queue(20, told) }).sentence;
  expect(sentence(22)).toContain(
    ': that process seems to stand still (it told Temporal of itself 22 s ago and not since); attempt 3 began 16 s ago.',
  );
  expect(sentence(3)).toContain(
    ': the process lives (it told Temporal of itself 3 s ago), so the workflow’s code does not come to an end;',
  );
  expect(sentence(null)).toContain(
    ': that process stands still, or the workflow’s code does not come to an end;',
  );
});

test('a task that is kept for the worker that had the run last is no sign that nobody polls', () => {
  const kept = (seconds: number) =>
    explain({
      ...facts,
      ...running({
        task: {
          state: 'scheduled',
          since: before(seconds),
          offeredAt: before(seconds),
          attempt: 1,
          isKept: true,
        },
        lastWorker: '1@host',
      }),
    });
  expect(kept(1).cause).toBe('moving');
  // Given up there, it was offered to all a moment ago.
  const offered = { state: 'scheduled' as const, since: before(6), offeredAt: before(1), attempt: 1 };
  expect(causeOf(running({ task: { ...offered, isKept: false } }))).toBe('moving');
  expect(kept(4)).toMatchObject({
    cause: 'heartbeat_missing',
    state: 'waiting',
    sentence:
      'The worker 1@host had the run last and has not taken its next task for 4 s; Temporal gives it to another worker after 5 s.',
  });
});

test('what the last attempt could not reach says nothing once its next is due and nobody takes it', () => {
  const failed = (scheduledAt: string): PendingActivity => ({
    ...activity,
    attempt: 4,
    scheduledAt,
    lastFailure: { code: 'store_unavailable', message: 'no answer' },
  });
  const sentence = (scheduledAt: string, more: Partial<RunFacts> = {}) =>
    explain({ ...facts, ...running({ activities: [failed(scheduledAt)] }), ...more }).sentence;
  const later = new Date(now.getTime() + 8_000).toISOString();
  expect(sentence(later, { record: { problem: 'away' } })).toBe(
    'The worker cannot reach the records: no answer; step "a" is tried again without end in 8 s.',
  );
  expect(sentence(later)).toBe(
    'The worker could not reach the records: no answer (the API reaches them now); step "a" (echo) is tried again without end in 8 s.',
  );
  expect(sentence(before(10))).toBe(
    'No worker polls the task queue "q": Temporal has seen none for five minutes, and step "a" (echo) has waited for one for 10 s.',
  );
});
