/** One run as every example of the document shows it, from its submission to its end. */
import type { Problem } from '../../../contracts/api.js';
import { errorTable } from '../../../contracts/errors.js';

const id = '01a20ece-690c-7598-bf9a-20235bb31fd5';
const at = '2026-11-24T18:25:38.052Z';
const finishedAt = '2026-11-24T18:25:38.513Z';

const plan = {
  steps: [
    { id: 'read', tool: 'file_read', args: { path: 'in/text.txt' } },
    {
      id: 'count',
      tool: 'javascript',
      args: { code: 'return data.split(" ").length', data: '{{steps.read.output.content}}' },
    },
  ],
};

const summary = {
  id,
  status: 'completed',
  goal: 'Count the words',
  agent: 'default',
  result: { value: 6, logs: [] },
  error: null,
  usage: { steps: 2 },
  budget: null,
  metadata: { team: 'blue' },
  webhook: null,
  origin: null,
  createdAt: at,
  startedAt: '2026-11-24T18:25:38.307Z',
  finishedAt,
  lastSeq: 10,
  links: {
    self: `/v1/runs/${id}`,
    events: `/v1/runs/${id}/events`,
    files: `/v1/runs/${id}/files`,
    children: `/v1/runs?parent=${id}`,
    temporal: `http://127.0.0.1:8233/namespaces/default/workflows/run-${id}`,
  },
};

const noRuns = { queued: 0, running: 0, waiting: 0, paused: 0, completed: 0, failed: 0, cancelled: 0 };

const file = { path: 'in/text.txt', bytes: 18, modifiedAt: at, etag: '7f0b9c1d2e3a4b5c' };

const apiKey = {
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  name: 'nightly job',
  scope: 'write',
  prefix: 'pdk_7c9e66797425',
  createdBy: 'user:3f2504e0-4f89-41d3-9a0c-0305e82c3301',
  createdAt: at,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
};

const completed = { type: 'run.completed', seq: 10, runId: id, at: finishedAt, result: summary.result };

const submitRun = {
  goal: summary.goal,
  inputs: { files: [{ path: file.path, content: 'to be or not to be' }] },
  plan,
  metadata: summary.metadata,
};

const createSchedule = {
  name: 'Morning report',
  cron: '0 6 * * 1-5',
  timezone: 'Europe/Zurich',
  run: { goal: summary.goal, plan, metadata: summary.metadata },
};

const queued = {
  ...summary,
  status: 'queued',
  plan: null,
  planVersion: 0,
  result: null,
  usage: { steps: 0 },
  startedAt: null,
  finishedAt: null,
  lastSeq: 1,
};

const invalidPlan: Problem = {
  type: 'urn:perdure:error:invalid_plan',
  title: errorTable.invalid_plan.title,
  status: errorTable.invalid_plan.status,
  code: 'invalid_plan',
  detail: 'plan.steps[0].tool: there is no tool "fetch"',
  advice: errorTable.invalid_plan.advice,
  instance: '/v1/runs/batch',
  requestId: '0b0f3a52-6f0e-4b0e-9d53-6a3c5a1f7e11',
  errors: [{ field: 'plan.steps[0].tool', message: 'there is no tool "fetch"' }],
};

export const examples = {
  submitRun,
  batch: {
    runs: [
      { ...submitRun, idempotencyKey: 'order-42' },
      { goal: 'Fetch', plan: { steps: [{ id: 'a', tool: 'fetch' }] } },
    ],
  },
  batchAnswer: {
    results: [
      { status: 202, run: queued, replayed: false },
      { status: invalidPlan.status, problem: invalidPlan },
    ],
  },
  queued,
  run: { ...summary, plan },
  why: {
    runId: id,
    state: 'stuck',
    cause: 'no_worker_polling',
    sentence:
      'No worker polls the task queue "perdure": the last poll was 34 s ago, by 4711@worker-1#9f3a12bc, and step "count" (javascript) has waited for one for 31 s.',
    whatToDo: 'Start a worker, or look at the log of the one that should be there, and at its /readyz.',
    evidence: [{ what: 'waits since', value: at }],
    askedAt: finishedAt,
  },
  statistics: {
    runs: { ...noRuns, running: 2, completed: 131, failed: 4 },
    periodSeconds: 43_200,
    periods: [
      { from: '2026-11-24T00:00:00.000Z', runs: { ...noRuns, completed: 61, failed: 3 } },
      { from: '2026-11-24T12:00:00.000Z', runs: { ...noRuns, running: 2, completed: 70, failed: 1 } },
    ],
  },
  runList: { runs: [summary], nextCursor: null },
  plan,
  eventPage: { events: [completed], nextAfter: null },
  stream: `retry: 1000\n\nid: 10\nevent: run.completed\ndata: ${JSON.stringify(completed)}\n\n`,
  streamTicket: {
    ticket: 'eyJhbGciOiJIUzI1NiJ9.eyJydW4i…',
    expiresAt: '2026-11-24T18:26:38.000Z',
    url: `/v1/runs/${id}/events?ticket=eyJhbGciOiJIUzI1NiJ9.eyJydW4i…`,
  },
  file,
  fileList: { files: [file] },
  presignedRequest: {
    method: 'PUT',
    url: 'https://files.example.com/tenants/t/01a20ece/in/text.txt?X-Amz-Signature=5d67…',
    headers: { 'content-length': '18' },
    expiresAt: '2026-11-24T18:40:38.000Z',
  },
  apiKey,
  apiKeyList: { apiKeys: [apiKey] },
  auditList: {
    entries: [
      {
        id: '01a20ecf-3b52-7d16-8a0f-6c1f3c2b9e55',
        at,
        subject: 'key:7c9e6679-7425-40de-944b-e07fc1f90ae7',
        address: '203.0.113.7',
        action: 'cancelRun',
        target: `runs/${id}`,
        outcome: 'ok',
        requestId: '0b0f3a52-6f0e-4b0e-9d53-6a3c5a1f7e11',
      },
    ],
    nextCursor: null,
  },
  approvalList: {
    approvals: [
      {
        id: 'step-pay',
        runId: '0190a5c2-5d0a-7c3e-9f60-2f1f6a2b3c4d',
        kind: 'step',
        status: 'pending',
        stepId: 'pay',
        tool: 'http_fetch',
        title: 'Pay the invoice',
        args: { url: 'https://pay.example.com/invoices/7', method: 'POST' },
        argsHash: 'c1d2e3f4a5b60718293a4b5c6d7e8f90c1d2e3f4a5b60718293a4b5c6d7e8f90',
        note: 'Over the limit of the month',
        requestedAt: '2026-11-24T09:00:00.000Z',
        expiresAt: '2026-11-25T09:00:00.000Z',
        decidedAt: null,
        decidedBy: null,
      },
    ],
    nextCursor: null,
  },
  callbackList: {
    callbacks: [
      {
        stepId: 'paid',
        name: 'the payment of invoice 7',
        url: '/v1/callbacks?token=WyIwMWEy…',
        requestedAt: at,
        expiresAt: null,
      },
    ],
  },
  createSchedule,
  schedule: {
    id: '01a20ece-7d1c-7a10-8f3e-5b7c0a9d2e44',
    ...createSchedule,
    overlap: 'skip',
    catchUpSeconds: 600,
    paused: false,
    pauseReason: null,
    createdAt: at,
    updatedAt: null,
    next: ['2026-11-25T05:00:00.000Z', '2026-11-26T05:00:00.000Z'],
    recent: [{ scheduledAt: at, startedAt: at, runId: id }],
    missed: 0,
    skipped: 0,
    links: { self: '/v1/schedules/01a20ece-7d1c-7a10-8f3e-5b7c0a9d2e44' },
  },
  webhookSecret: {
    url: 'https://app.example.com/hooks/perdure',
    secret: 'whsec_k1ZzVbVQ5m0c8cS2F3rJmE0Zb3mB9Gx1VdLr1yqT7pA=',
  },
  webhookMessage: {
    type: 'run.completed',
    timestamp: finishedAt,
    data: {
      ...Object.fromEntries(
        Object.entries(summary).filter(([name]) => name !== 'webhook' && name !== 'origin'),
      ),
      links: {
        self: `/v1/runs/${id}`,
        events: `/v1/runs/${id}/events`,
        files: `/v1/runs/${id}/files`,
      },
    },
  },
  newShareLink: {
    id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    createdBy: 'user:3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    createdAt: at,
    expiresAt: '2026-12-01T18:25:38.052Z',
    lastUsedAt: null,
    revokedAt: null,
    token: 'pdk_7c9e66797425_0e1f…',
    url: `/console/runs/${id}#share=pdk_7c9e66797425_0e1f…`,
  },
  newApiKey: { ...apiKey, token: 'pdk_7c9e66797425_0e1f…' },
};
