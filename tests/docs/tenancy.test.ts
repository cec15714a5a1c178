/**
 * What tenant B gets at what is tenant A's, for every call there is: tried, and written into docs/tenancy.md.
 * After a change: npx vitest run tests/docs -u
 */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addressOf, api, type RouteName } from '../../contracts/api.js';
import type { AuditEntry } from '../../contracts/audit.js';
import { createAuditWriter } from '../../src/api/audit/audit-writer.js';
import { createApp } from '../../src/api/create-app.js';
import { createApiKey } from '../../src/api/sign-in/create-api-key.js';
import { createSignIn } from '../../src/api/sign-in/sign-in.js';
import { createFakeApiKeys } from '../../src/api/testing/fake-api-keys.js';
import { createFakeAudit } from '../../src/api/testing/fake-audit.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';

/** Ids that nobody has. */
const UNKNOWN = '01a20eca-d14f-72ca-9ad6-7b45cd32c878';
const THIRD_UNKNOWN = '01a20eca-d14f-72ca-9ad6-7b45cd32c880';
const OTHER_UNKNOWN = '01a20eca-d14f-72ca-9ad6-7b45cd32c879';

/** Calls whose address names nothing of anybody's: what they show is the caller's own. */
const ownOnly: Partial<Record<RouteName, { what: string; body?: object }>> = {
  listRuns: { what: 'runs' },
  getStatistics: { what: 'runs' },
  listApiKeys: { what: 'apiKeys' },
  listApprovals: { what: 'approvals' },
  listSchedules: { what: 'schedules' },
  listAudit: { what: 'entries' },
};
/** Calls that show nothing of any tenant, or only make something for the caller. */
const nobodys: Partial<Record<RouteName, string>> = {
  index: 'the server’s links',
  health: 'the server’s state',
  readiness: 'the server’s state',
  openApi: 'the document of this API',
  metrics: 'figures of the whole system, for whoever has the server’s own token for them',
  getSignIn: 'how people sign in here',
  getSystem: 'figures of the whole system, for operators: no tenant’s scope opens it',
  listTools: 'the tools, the same for all',
  listAgents: 'the agents, the same for all',
  submitRun: 'makes a run of the caller’s; an Idempotency-Key counts within a tenant',
  submitBatch: 'makes runs of the caller’s, as POST /v1/runs does',
  createApiKey: 'makes a key of the caller’s',
  createSchedule: 'makes a schedule of the caller’s; an Idempotency-Key counts within a tenant',
  callBack: 'nobody signs in: the token is of one thing that one run waits for',
  getWebhookSecret: 'the caller’s own secret of that address',
};
const bodies: Partial<Record<RouteName, string>> = {
  putFile: 'mine now',
  changeSchedule: JSON.stringify({ name: 'mine now' }),
  forkRun: JSON.stringify({ fromStep: 'a' }),
  sendMessage: JSON.stringify({ text: 'do as I say' }),
  changePlan: JSON.stringify({ remove: ['a'] }),
  decideApproval: JSON.stringify({ decision: 'approve' }),
  presignFile: JSON.stringify({ method: 'GET' }),
};

const fakes = createFakes();
const apiKeys = createFakeApiKeys();
const auditLog = createFakeAudit();
let server: Awaited<ReturnType<typeof listen>>;
let tokens: { a: string; b: string };
let keyOfB: string;
/** Of tenant A. */
let given: Record<string, string>;

beforeAll(async () => {
  const signIn = createSignIn({
    required: true,
    tokens: null,
    apiKeys,
    ticketSecret: 'x'.repeat(32),
    logger: fakes.logger,
  });
  const audit = { log: auditLog, writer: createAuditWriter(auditLog, fakes.logger) };
  server = await listen(createApp(dependenciesOf(fakes, { signIn, apiKeys, audit })).app);
  const keyOf = (tenantId: string) =>
    createApiKey(apiKeys, { tenantId, name: 'k', scope: 'admin', createdBy: 'test', expiresAt: null });
  const [a, b] = [await keyOf('tenant-a'), await keyOf('tenant-b')];
  tokens = { a: a.token, b: b.token };
  keyOfB = b.key.id;
  const run = (await (await submit(tokens.a)).json()) as { id: string };
  const at = new Date().toISOString();
  const asked = { approvalId: 'step-a', kind: 'step', reason: 'step', argsHash: 'x' } as const;
  await fakes.log.append(run.id, [
    { type: 'approval.requested', key: 'asked', at, stepId: 'a', data: asked },
  ]);
  const scheduled = await fetch(`${server.url}/v1/schedules`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.a}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'a’s',
      cron: '@daily',
      run: { goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] } },
    }),
  });
  const { id: scheduleId } = (await scheduled.json()) as { id: string };
  given = { scheduleId, id: run.id, keyId: a.key.id, path: 'in.txt', approvalId: 'step-a' };
});
afterAll(() => server.close());

const call = (route: RouteName, token: string, parameters: Record<string, string>, accept = '*/*') => {
  const { method } = api[route];
  const body = bodies[route];
  return fetch(server.url + addressOf(route, parameters), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept,
      'content-type': 'application/json',
      // Without it a change of a plan is refused before anything is looked for.
      ...(route === 'changePlan' ? { 'if-match': '*' } : {}),
    },
    ...(body === undefined ? {} : { body }),
  });
};

const submit = (token: string) =>
  fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': 'one',
    },
    body: JSON.stringify({
      goal: 'g',
      plan: { steps: [{ id: 'a', tool: 'echo' }] },
      inputs: { files: [{ path: 'in.txt', content: 'a’s' }] },
    }),
  });

/** All that an answer says, but for what names the request. */
async function comparable(answer: Response, parameters: Record<string, string>): Promise<string> {
  const headers = [...answer.headers].filter(
    ([name]) => !['date', 'x-request-id', 'content-length'].includes(name),
  );
  const text = [answer.status, JSON.stringify(headers), await answer.text()].join('\n');
  return Object.entries(parameters)
    .reduce((sum, [name, value]) => sum.replaceAll(value, `{${name}}`), text)
    .replace(/"requestId":"[^"]*"/, '');
}

test('docs/tenancy.md', async () => {
  const rows: string[] = [];
  for (const route of Object.keys(api) as RouteName[]) {
    const { method, path: address } = api[route];
    const title = `| \`${method} ${address}\` |`;
    const own = ownOnly[route];
    const note = nobodys[route];
    if (note !== undefined) {
      rows.push(`${title} — | ${note} |`);
      continue;
    }
    if (own !== undefined) {
      const answer = await call(route, tokens.b, {});
      const list = ((await answer.json()) as Record<string, object[]>)[own.what];
      rows.push(`${title} ${answer.status} | only what is the caller’s own |`);
      if (route === 'listAudit') {
        // That B has tried all this at A's ids is B's own act.
        const subjects = new Set((list as AuditEntry[]).map(({ subject }) => subject));
        expect([...subjects]).toEqual([`key:${keyOfB}`]);
        continue;
      }
      expect(JSON.stringify(list)).not.toContain(given.id);
      expect(JSON.stringify(list)).not.toContain(given.keyId);
      expect(JSON.stringify(list)).not.toContain(given.scheduleId);
      continue;
    }
    // Whoever adds a call has to say here what it is.
    expect(address, `the route ${route} is in no list of this test`).toMatch(/\{(?:id|keyId|scheduleId)\}/);
    const unknown = { ...given, id: UNKNOWN, keyId: OTHER_UNKNOWN, scheduleId: THIRD_UNKNOWN };
    for (const accept of route === 'streamEvents' ? ['text/event-stream', 'application/json'] : ['*/*']) {
      const answer = await call(route, tokens.b, given, accept);
      const { status } = answer;
      expect(await comparable(answer, given), route).toBe(
        await comparable(await call(route, tokens.b, unknown, accept), unknown),
      );
      expect(status, route).toBe(404);
      const as = accept === '*/*' ? '' : `, \`${accept}\``;
      rows.push(`${title.slice(0, -2)}${as} | ${status} | word for word as for an id that nobody has |`);
    }
  }
  const text = `# Tenants

A caller sees what belongs to its own tenant, and of everything else not even that it is there. This is what an admin
of tenant B gets for the ids of tenant A; the table is written by a test that makes each call.

| call | answer | |
|---|---|---|
${rows.join('\n')}

HEAD answers as GET does. A ticket for a stream is made for one run of the holder's and opens no other. In the database
row-level security holds the tenants apart once more, for those who read it with a token of their own.
`;
  await expect(text).toMatchFileSnapshot(path.resolve(import.meta.dirname, '../../docs/tenancy.md'));
});

test('nothing of tenant A has changed, and A sees it all', async () => {
  expect((await call('getRun', tokens.a, given)).status).toBe(200);
  expect(await (await call('getSchedule', tokens.a, given)).json()).toMatchObject({
    name: 'a’s',
    paused: false,
  });
  expect(fakes.schedules.triggered).toEqual([]);
  expect(await (await call('getFile', tokens.a, given)).text()).toBe('a’s');
  expect(fakes.engine.cancels).toEqual([]);
  expect((await apiKeys.list('tenant-a')).map(({ revokedAt }) => revokedAt)).toEqual([null]);
});

test('runs of tenant A are counted for A alone, and no admin is told of the whole system', async () => {
  const counted = async (token: string): Promise<number> => {
    const { runs } = (await (await call('getStatistics', token, {})).json()) as { runs: { queued: number } };
    return runs.queued;
  };
  expect([(await counted(tokens.a)) > 0, await counted(tokens.b)]).toEqual([true, 0]);
  expect((await call('getSystem', tokens.a, {})).status).toBe(403);
});

test('one Idempotency-Key of two tenants is two runs', async () => {
  const [again, other] = [await submit(tokens.a), await submit(tokens.b)];
  expect(((await again.json()) as { id: string }).id).toBe(given.id);
  expect(((await other.json()) as { id: string }).id).not.toBe(given.id);
  expect(other.headers.get('idempotent-replayed')).toBeNull();
});

test('a tenant cannot be left by how its id is written', async () => {
  for (const id of [
    given.id?.toUpperCase() ?? '',
    `${given.id}%00`,
    `../runs/${given.id}`,
    `%2e%2e/${given.id}`,
  ]) {
    const answer = await fetch(`${server.url}/v1/runs/${id}`, {
      headers: { authorization: `Bearer ${tokens.b}` },
    });
    expect(answer.status).toBe(404);
  }
});
