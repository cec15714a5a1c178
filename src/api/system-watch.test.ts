/** What /metrics tells of the whole system, and what it leaves out where it does not know. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMetrics, CONTENT_TYPE } from '../adapters/prometheus/metrics.js';
import { createApp } from './create-app.js';
import { checkedFetch } from './testing/checked-fetch.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

const id = '01a20ece-690c-7598-bf9a-20235bb31fd5';
let fakes: Fakes;
let server: Awaited<ReturnType<typeof listen>>;
let now: Date;
beforeEach(async () => {
  fakes = createFakes();
  now = new Date();
  const metrics = createMetrics();
  const since = new Date(now.getTime() - 60_000).toISOString();
  await fakes.runs.createRun({
    id,
    tenantId: 't',
    goal: 'g',
    agent: 'default',
    metadata: {},
    requestHash: null,
    createdAt: since,
  });
  fakes.inspector.workflows.set(id, {
    status: 'running',
    closedAt: null,
    historyEvents: 2,
    pinnedTo: null,
    task: { state: 'scheduled', since, offeredAt: since, attempt: 1, isKept: false },
    terminatedFor: null,
    taskFailure: null,
    lastWorker: null,
    activities: [],
    children: [],
    timer: null,
  });
  const app = createApp(
    dependenciesOf(fakes, {
      meter: metrics.api(),
      metrics: { contentType: CONTENT_TYPE, text: () => metrics.text(), mayRead: () => true },
      openRuns: {
        countOpen: () => Promise.resolve([{ status: 'queued', runs: 1 }]),
        idleRuns: () => Promise.resolve([{ tenantId: 't', runId: id }]),
      },
    }),
  );
  server = await listen(app.app);
});
afterEach(() => server.close());

const series = async (): Promise<string[]> => {
  const text = await (await checkedFetch(`${server.url}/metrics`)).text();
  return text.split('\n').filter((line) => /^perdure_(?:runs|task_queue|dependency)_/.test(line));
};

test('runs that stand still are counted by their cause', async () => {
  fakes.inspector.facts.workflows.pollers.push({
    identity: 'gone',
    lastPollAt: '2026-01-01T00:00:00.000Z',
    build: null,
  });
  const told = await series();
  expect(told).toContain('perdure_runs_stuck{cause="no_worker_polling"} 1');
  expect(told).toContain('perdure_runs_open{status="queued"} 1');
  expect(told).toContain('perdure_runs_elsewhere 0');
  // One that asked last year is no poller.
  expect(told).toContain('perdure_task_queue_pollers{task_queue="fake",type="workflows"} 0');
});

test('what is not known is left out, and the parts that are away are named', async () => {
  fakes.engine.down = new Error('away');
  fakes.inspector.queue = () => Promise.reject(new Error('away'));
  fakes.inspector.openRunsElsewhere = () => Promise.reject(new Error('away'));
  const told = await series();
  expect(told).toContain('perdure_dependency_up{dependency="engine"} 0');
  expect(told).toContain('perdure_dependency_up{dependency="store"} 1');
  expect(told.filter((line) => /task_queue|elsewhere/.test(line))).toEqual([]);
  // Temporal that is away is a cause that mends itself: nobody has to do something about this run.
  expect(told.filter((line) => line.includes('stuck'))).toEqual([]);
});
