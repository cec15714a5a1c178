/** A visit to every call: what it answers is what its document says, and all that the document promises is seen. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { api, addressOf, type FileInfo, type RouteName } from '../../../contracts/api.js';
import type { CallbackList } from '../../../contracts/callbacks.js';
import { planSchema } from '../../../contracts/plan.js';
import type { Statistics } from '../../../contracts/statistics.js';
import type { Run } from '../../../contracts/answers.js';
import { CONTENT_TYPE, createMetrics } from '../../adapters/prometheus/metrics.js';
import { isAudited } from '../audit/audit-trail.js';
import { createAuditWriter, type AuditWriter } from '../audit/audit-writer.js';
import { createApp, type App } from '../create-app.js';
import { createSignIn } from '../sign-in/sign-in.js';
import { checkedFetch, seen } from '../testing/checked-fetch.js';
import { createFakeApiKeys } from '../testing/fake-api-keys.js';
import { createFakeAudit, type FakeAudit } from '../testing/fake-audit.js';
import { createFakes, dependenciesOf, type Fakes } from '../testing/fakes.js';
import { listen } from '../testing/listen.js';
import { openApiDocument } from './document.js';

let fakes: Fakes;
let app: App;
let server: Awaited<ReturnType<typeof listen>>;
let consoleFolder: string;
let audit: FakeAudit;
let writer: AuditWriter;
beforeEach(async () => {
  consoleFolder = await mkdtemp(path.join(os.tmpdir(), 'perdure-tour-'));
  await mkdir(path.join(consoleFolder, 'assets'));
  fakes = createFakes();
  const apiKeys = createFakeApiKeys();
  audit = createFakeAudit();
  writer = createAuditWriter(audit, fakes.logger);
  const signIn = createSignIn({
    required: false,
    tokens: null,
    apiKeys,
    ticketSecret: 'x'.repeat(32),
    logger: fakes.logger,
  });
  const webhooks = { secretOf: () => 'whsec_AAAA' };
  const callbacks = {
    tokenOf: (runId: string, approvalId: string) => `${runId}/${approvalId}`,
    read: (token: string) => {
      const [runId = '', approvalId = ''] = token.split('/');
      return token === 'forged' ? null : { runId, approvalId };
    },
  };
  const metrics = { contentType: CONTENT_TYPE, text: () => createMetrics().text(), mayRead: () => true };
  app = createApp(
    dependenciesOf(fakes, {
      ...{ apiKeys, signIn, webhooks, callbacks, metrics, consoleFolder },
      audit: { log: audit, writer },
    }),
  );
  server = await listen(app.app);
});
afterEach(async () => {
  await server.close();
  await rm(consoleFolder, { recursive: true });
});

const at = new Date().toISOString();
const plan = { steps: [{ id: 'a', tool: 'echo' }] };
type Given = Record<string, string>;

const call = (name: RouteName, parameters: Given = {}, init: RequestInit = {}, search = '') =>
  checkedFetch(server.url + addressOf(name, parameters) + search, { method: api[name].method, ...init });
const send = (name: RouteName, body: unknown, parameters: Given = {}, headers: Given = {}) =>
  call(name, parameters, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** What was answered once is not answered again. */
const twice = async (name: RouteName, parameters: Given = {}): Promise<void> => {
  const first = await call(name, parameters);
  const headers = { 'if-none-match': `"other", W/${first.headers.get('etag') ?? ''}` };
  expect([name, (await call(name, parameters, { headers })).status]).toEqual([name, 304]);
};

test('every call answers as documented, in every way that is no error', async () => {
  await call('index');
  await call('index', {}, { headers: { accept: 'text/html' }, redirect: 'manual' });
  await call('health');
  await twice('openApi');
  await twice('listTools');
  await twice('listAgents');
  await call('readiness');
  await call('metrics');
  await call('getSystem');
  await call('getSignIn');

  const submitted = await send('submitRun', { goal: 'g', plan }, {}, { 'idempotency-key': 'k' });
  const run = (await submitted.json()) as Run;
  const { id } = run;
  await send('submitRun', { goal: 'g', plan }, {}, { 'idempotency-key': 'k' });
  await send('submitBatch', { runs: [{ goal: 'g', plan }, 7] });
  const stream = await send('submitRun', { goal: 'g', plan }, {}, { accept: 'text/event-stream' });
  await stream.body?.cancel();
  await call('listRuns', {}, {}, '?status=queued&limit=1&metadata[a]=b');
  await twice('listRuns');
  const counted = await call(
    'getStatistics',
    {},
    {},
    '?agent=default&createdAfter=2026-01-01T00:00:00Z&periods=3',
  );
  expect(((await counted.json()) as Statistics).runs.queued).toBe(3);
  await call('getStatistics', {}, {}, '?metadata[a]=b');
  const ever = '?createdAfter=0001-01-01T00:00:00Z&createdBefore=9999-12-31T23:59:59Z&periods=2';
  const { periods, periodSeconds } = (await (await call('getStatistics', {}, {}, ever)).json()) as Statistics;
  expect([periods.length, periods.reduce((sum, { runs }) => sum + runs.queued, 0)]).toEqual([2, 3]);
  // As many as Postgres takes in an integer.
  expect(periodSeconds).toBeLessThan(2 ** 31);
  await twice('getRun', { id });
  await call('whyRun', { id });
  expect((await call('getPlan', { id })).status).toBe(404);
  await fakes.log.append(id, [
    { type: 'plan.created', key: 'plan', at, data: { plan: planSchema.parse(plan), version: 1 } },
  ]);
  await twice('getPlan', { id });
  const more = { steps: [{ id: 'b', tool: 'echo', args: {} }] };
  expect((await send('changePlan', more, { id })).status).toBe(428);
  expect((await send('changePlan', more, { id }, { 'if-match': '"7"' })).status).toBe(412);
  const updated = await send('changePlan', more, { id }, { 'if-match': '"1"' });
  expect([updated.status, updated.headers.get('etag')]).toEqual([200, '"2"']);
  const unknown = { steps: [{ id: 'c', tool: 'nothing' }] };
  const refused = await send('changePlan', unknown, { id }, { 'if-match': '*' });
  expect(await refused.json()).toMatchObject({ code: 'invalid_plan', errors: [{ field: 'steps[0].tool' }] });

  const written = await call('putFile', { id, path: 'in/a.txt' }, { body: 'hello' });
  const { path } = (await written.json()) as FileInfo;
  const again = await call('putFile', { id, path }, { body: 'hello' });
  const file = await call('getFile', { id, path });
  await file.text();
  const etag = again.headers.get('etag') ?? '';
  expect(file.headers.get('etag')).toBe(etag);
  await call('getFile', { id, path }, { headers: { range: 'bytes=0-1' } });
  await call('getFile', { id, path }, { headers: { 'if-none-match': etag } });
  await twice('listFiles', { id });
  fakes.workspace.presign = (_scope, _path, { method }) =>
    Promise.resolve({ method, url: 'http://s3.test/x', headers: {}, expiresAt: new Date().toISOString() });
  await send('presignFile', { method: 'GET' }, { id, path });
  await call('deleteFile', { id, path });

  await call('streamEvents', { id }, { headers: { accept: 'application/json' } });
  await call('createStreamTicket', { id });
  const argsHash = 'a'.repeat(64);
  const asked = {
    approvalId: 'step-a',
    kind: 'step',
    reason: 'step',
    tool: 'echo',
    args: {},
    argsHash,
  } as const;
  await fakes.log.append(id, [{ type: 'approval.requested', key: 'asked', at, stepId: 'a', data: asked }]);
  await call('listApprovals', {}, {}, '?status=pending&limit=1');
  await call('listRunApprovals', { id });
  const decision = { decision: 'approve', argsHash, args: { other: 1 }, note: 'fine' };
  await send('decideApproval', decision, { id, approvalId: 'step-a' });
  await send('decideApproval', { decision: 'deny' }, { id, approvalId: 'step-a' });
  await send('decideApproval', { decision: 'deny', args: {} }, { id, approvalId: 'step-a' });
  await send('decideApproval', { decision: 'deny' }, { id, approvalId: 'step-b' });
  await fakes.log.append(id, [
    {
      ...{ type: 'approval.requested', key: 'awaited', at, stepId: 'e' },
      data: { ...asked, approvalId: 'step-e', kind: 'event', tool: 'wait_for_event', args: { name: 'n' } },
    },
  ]);
  const waiting = (await (await call('listCallbacks', { id })).json()) as CallbackList;
  const search = waiting.callbacks[0]?.url.slice(addressOf('callBack').length) ?? '';
  await send('decideApproval', { decision: 'approve' }, { id, approvalId: 'step-e' });
  const event = { body: '{"paid":true}', headers: { 'content-type': 'application/json' } };
  await call('callBack', {}, event, '?token=forged');
  await call('callBack', {}, event, search);
  await call('callBack', {}, event, search);
  await send('sendMessage', { text: 'less' }, { id }, { 'idempotency-key': 'm' });
  await send('sendMessage', { text: '' }, { id });
  await send('pauseRun', { reason: 'r' }, { id });
  await send('resumeRun', {}, { id });
  await send('cancelRun', { reason: 'r' }, { id });
  await fakes.log.append(id, [{ type: 'run.cancelled', key: 'end', at, data: { reason: 'r' } }]);
  const events = await call('streamEvents', { id });
  expect(await events.text()).toContain('event: run.cancelled');
  await call('streamEvents', { id }, {}, '?after=6');
  await send('retryRun', {}, { id }, { 'idempotency-key': 'r' });
  await send('retryRun', {}, { id }, { 'idempotency-key': 'r' });
  await send('retryRun', { repeat: 1 }, { id });
  await send('forkRun', { fromStep: 'a', goal: 'other' }, { id });
  await send('forkRun', { fromStep: 'z' }, { id });

  const schedule = { name: 'n', cron: '0 6 * * 1-5', run: { goal: 'g', plan } };
  const scheduled = await send('createSchedule', schedule, {}, { 'idempotency-key': 's' });
  const { id: scheduleId } = (await scheduled.json()) as { id: string };
  await send('createSchedule', schedule, {}, { 'idempotency-key': 's' });
  await send('createSchedule', { ...schedule, name: 'm' }, {}, { 'idempotency-key': 's' });
  await send('createSchedule', { ...schedule, cron: 'soon' });
  await call('listSchedules');
  await call('getSchedule', { scheduleId });
  await send('changeSchedule', { name: 'other' }, { scheduleId });
  await send('changeSchedule', {}, { scheduleId });
  await send('pauseSchedule', { reason: 'r' }, { scheduleId });
  await send('resumeSchedule', {}, { scheduleId });
  await send('triggerSchedule', {}, { scheduleId });
  await call('deleteSchedule', { scheduleId });
  await call('getSchedule', { scheduleId });
  const made = await send('createApiKey', { name: 'n', expiresAt: '2099-01-01T00:00:00+02:00' });
  const { id: keyId } = (await made.json()) as { id: string };
  await call('listApiKeys');
  await call('revokeApiKey', { keyId });
  await call('getWebhookSecret', {}, {}, '?url=https%3A%2F%2Fa.example%2Fhook');
  const shared = await send('createShareLink', { expiresInSeconds: 60 }, { id });
  const { id: linkId } = (await shared.json()) as { id: string };
  await send('createShareLink', { expiresInSeconds: 1 }, { id });
  await call('listShareLinks', { id });
  await call('revokeShareLink', { id, keyId: linkId });
  expect((await call('revokeShareLink', { id, keyId })).status).toBe(404);
  await writer.settle();
  await call('listAudit', {}, {}, '?action=submitRun&limit=1');
  await (await call('listAudit', {}, { headers: { accept: 'application/x-ndjson' } })).text();
  app.drain();
  await call('readiness');

  // No call that changes something is left out of the audit log, and none has more in it than who, what and to what.
  const done = audit.added.filter(({ outcome }) => outcome === 'ok' || outcome === 'replayed');
  expect(new Set(done.map(({ action }) => action))).toEqual(
    new Set((Object.keys(api) as RouteName[]).filter(isAudited)),
  );
  expect(JSON.stringify(audit.added)).not.toMatch(/hello|paid|whsec|pdk_|ticket=|forged|"less"/);

  expect(Object.fromEntries([...seen].map(([name, statuses]) => [name, [...statuses].toSorted()]))).toEqual(
    promised(),
  );
});

/** The statuses of each call that are no problems. */
function promised(): Record<string, number[]> {
  type Answers = Record<string, { content?: object }>;
  const paths = openApiDocument().paths as Record<
    string,
    Record<string, { operationId: string; responses: Answers }>
  >;
  return Object.fromEntries(
    Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId, responses }) => [
        operationId,
        Object.entries(responses)
          .filter(([, answer]) => !('$ref' in answer || 'application/problem+json' in (answer.content ?? {})))
          .map(([status]) => Number(status))
          .toSorted(),
      ]),
  );
}
