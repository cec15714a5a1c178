/** One run as every example of the document shows it, from its submission to its end. */

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
  metadata: { team: 'blue' },
  createdAt: at,
  startedAt: '2026-11-24T18:25:38.307Z',
  finishedAt,
  lastSeq: 10,
  links: {
    self: `/v1/runs/${id}`,
    events: `/v1/runs/${id}/events`,
    files: `/v1/runs/${id}/files`,
    temporal: `http://127.0.0.1:8233/namespaces/default/workflows/run-${id}`,
  },
};

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

export const examples = {
  submitRun: {
    goal: summary.goal,
    inputs: { files: [{ path: file.path, content: 'to be or not to be' }] },
    plan,
    metadata: summary.metadata,
  },
  queued: {
    ...summary,
    status: 'queued',
    plan: null,
    result: null,
    usage: { steps: 0 },
    startedAt: null,
    finishedAt: null,
    lastSeq: 1,
  },
  run: { ...summary, plan },
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
  newApiKey: { ...apiKey, token: 'pdk_7c9e66797425_0e1f…' },
};
