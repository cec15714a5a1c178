/** Links that show one run: what they open, what not, and until when. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addressOf, api, type RouteName } from '../../contracts/api.js';
import type { NewShareLink, ShareLinkList } from '../../contracts/share-links.js';
import type { Run } from '../../contracts/answers.js';
import { createApp } from './create-app.js';
import { createApiKey } from './sign-in/create-api-key.js';
import { createSignIn } from './sign-in/sign-in.js';
import { checkedFetch } from './testing/checked-fetch.js';
import { createFakeApiKeys, type FakeApiKeys } from './testing/fake-api-keys.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let apiKeys: FakeApiKeys;
let server: Awaited<ReturnType<typeof listen>>;
let tokens: Record<'read' | 'write' | 'other', string>;
let runId: string;
let secondId: string;
let now: number;

beforeEach(async () => {
  fakes = createFakes();
  apiKeys = createFakeApiKeys();
  now = Date.now();
  const signIn = createSignIn({
    required: true,
    tokens: null,
    apiKeys,
    ticketSecret: 'x'.repeat(32),
    logger: fakes.logger,
    apiKeyCheck: { freshMs: 0, now: () => now },
  });
  const streams = { pollMs: 20, safetyPollMs: 20, recheckMs: 20 };
  server = await listen(createApp(dependenciesOf(fakes, { signIn, apiKeys, streams })).app);
  const keyOf = async (tenantId: string, scope: 'read' | 'write' | 'admin'): Promise<string> =>
    (await createApiKey(apiKeys, { tenantId, name: 'k', scope, createdBy: 'test', expiresAt: null })).token;
  tokens = {
    read: await keyOf('acme', 'read'),
    write: await keyOf('acme', 'write'),
    other: await keyOf('globex', 'admin'),
  };
  [runId, secondId] = [await submit(), await submit()];
});
afterEach(() => server.close());

const call = (route: RouteName, token: string, parameters: Record<string, string> = {}, body?: object) =>
  checkedFetch(server.url + addressOf(route, parameters), {
    method: api[route].method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const submit = async (): Promise<string> => {
  const body = {
    goal: 'g',
    plan: { steps: [{ id: 'a', tool: 'echo' }] },
    inputs: { files: [{ path: 'in.txt', content: 'hello' }] },
  };
  return ((await (await call('submitRun', tokens.write, {}, body)).json()) as Run).id;
};
const share = async (body: object = {}): Promise<NewShareLink> => {
  const answer = await call('createShareLink', tokens.write, { id: runId }, body);
  expect(answer.status).toBe(201);
  return (await answer.json()) as NewShareLink;
};

test('who may change a run may share it; who may read it, and who has been shared it, may not', async () => {
  const { token } = await share();
  for (const [who, status] of [
    [tokens.read, 403],
    [token, 403],
    [tokens.other, 404],
    ['pdk_rubbish', 401],
  ] as const)
    expect((await call('createShareLink', who, { id: runId }, {})).status).toBe(status);
  for (const expiresInSeconds of [0, 59, 2_592_001, 1.5, '60', null])
    expect((await call('createShareLink', tokens.write, { id: runId }, { expiresInSeconds })).status).toBe(
      422,
    );
});

test('it opens the run, its plan, its events and its files, without addresses of the operator', async () => {
  const { token } = await share();
  const run = (await (await call('getRun', token, { id: runId })).json()) as Run;
  expect([run.id, run.links.temporal]).toEqual([runId, null]);
  const own = (await (await call('getRun', tokens.write, { id: runId })).json()) as Run;
  expect(own.links.temporal).not.toBeNull();
  expect((await call('listFiles', token, { id: runId })).status).toBe(200);
  expect(await (await call('getFile', token, { id: runId, path: 'in.txt' })).text()).toBe('hello');
  // There is no plan yet, which is another thing than not to be let in.
  expect(await (await call('getPlan', token, { id: runId })).json()).not.toMatchObject({
    code: 'insufficient_scope',
  });
  const events = await checkedFetch(`${server.url}${addressOf('streamEvents', { id: runId })}`, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
  });
  expect(events.status).toBe(200);
});

test('it opens nothing else, by whatever call', async () => {
  const { token, id: keyId } = await share();
  const open: RouteName[] = ['getRun', 'getPlan', 'streamEvents', 'listFiles', 'getFile'];
  const parameters = { id: runId, path: 'in.txt', approvalId: 'a', keyId, scheduleId: secondId };
  for (const route of Object.keys(api) as RouteName[]) {
    const { method, scope } = api[route];
    if (open.includes(route)) {
      const elsewhere = await call(route, token, { ...parameters, id: secondId });
      const nowhere = await call(route, token, { ...parameters, id: '01a20eca-d14f-72ca-9ad6-7b45cd32c878' });
      expect([route, elsewhere.status, nowhere.status]).toEqual([route, 404, 404]);
      const words = async (answer: Response): Promise<unknown> => {
        const {
          requestId: _request,
          instance: _instance,
          detail,
          ...rest
        } = (await answer.json()) as Record<string, string>;
        return { ...rest, detail: detail?.replace(/"[^"]*"/, '') };
      };
      expect(await words(elsewhere)).toEqual(await words(nowhere));
    } else if (scope !== null) {
      const answer = await call(route, token, parameters, method === 'GET' ? undefined : {});
      expect([route, answer.status]).toEqual([route, 403]);
    }
  }
  expect((await call('getSystem', token)).status).toBe(403);
  expect(fakes.engine.cancels).toEqual([]);
});

test('it ends: at its time, when it is revoked, and with what it has open', async () => {
  const short = await share({ expiresInSeconds: 60 });
  const link = await share();
  const { shareLinks } = (await (
    await call('listShareLinks', tokens.write, { id: runId })
  ).json()) as ShareLinkList;
  expect(shareLinks.map(({ id }) => id)).toEqual([link.id, short.id]);
  expect(JSON.stringify(shareLinks)).not.toContain(link.token);
  const stream = await checkedFetch(`${server.url}${addressOf('streamEvents', { id: runId })}`, {
    headers: { authorization: `Bearer ${link.token}`, accept: 'text/event-stream' },
  });
  for (const [who, id, status] of [
    [tokens.read, runId, 403],
    [tokens.other, runId, 404],
    [tokens.write, secondId, 404],
    [link.token, runId, 403],
    [tokens.write, runId, 204],
  ] as const)
    expect((await call('revokeShareLink', who, { id, keyId: link.id })).status).toBe(status);
  await expect(stream.text()).rejects.toThrow();
  expect((await call('getRun', link.token, { id: runId })).status).toBe(401);
  expect((await call('getRun', short.token, { id: runId })).status).toBe(200);
  now += 61_000;
  expect((await call('getRun', short.token, { id: runId })).status).toBe(401);
});

test('no key of the whole tenant is revoked as a link', async () => {
  const [key] = await apiKeys.list('acme');
  const answer = await call('revokeShareLink', tokens.write, { id: runId, keyId: key?.id ?? '' });
  expect(answer.status).toBe(404);
  expect((await apiKeys.list('acme')).every(({ revokedAt }) => revokedAt === null)).toBe(true);
});
