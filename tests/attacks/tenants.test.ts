/**
 * One tenant at what is another's: every call of the route table by every way of pretending to be somebody else, and what
 * crosses between two runs. What plain ids of another tenant get is in tests/docs/tenancy.test.ts, word for word.
 */
import { afterAll, beforeAll } from 'vitest';
import { addressOf, api, type RouteName } from '../../contracts/api.js';
import type { AuditEntry, AuditList } from '../../contracts/audit.js';
import { createAuditWriter } from '../../src/api/audit/audit-writer.js';
import { createApp } from '../../src/api/create-app.js';
import { createApiKey } from '../../src/api/sign-in/create-api-key.js';
import { createSignIn } from '../../src/api/sign-in/sign-in.js';
import { createFakeApiKeys } from '../../src/api/testing/fake-api-keys.js';
import { createFakeAudit } from '../../src/api/testing/fake-audit.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { createCallbackTokens } from '../../src/webhooks/callback-tokens.js';
import { ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('tenants');
const TICKETS = 'what-tickets-are-signed-with-in-this-test';
const fakes = createFakes();
const apiKeys = createFakeApiKeys();
const auditLog = createFakeAudit();
const writer = createAuditWriter(auditLog, fakes.logger);
const callbacks = createCallbackTokens(['a-secret-of-callbacks-in-this-test']);
let server: Awaited<ReturnType<typeof listen>>;
let victim: string;
let thief: string;
let reader: string;
let auditor: string;
/** Of the victim, and of the thief. */
let theirs: Record<string, string>;
let own: Record<string, string>;

beforeAll(async () => {
  const signIn = createSignIn({
    ...{ required: true, tokens: null, apiKeys, ticketSecret: TICKETS, logger: fakes.logger },
  });
  server = await listen(
    createApp(dependenciesOf(fakes, { signIn, apiKeys, callbacks, audit: { log: auditLog, writer } })).app,
  );
  const keyOf = async (tenantId: string, scope: 'admin' | 'read' | 'audit' = 'admin') =>
    createApiKey(apiKeys, { tenantId, name: 'k', scope, createdBy: 'test', expiresAt: null });
  const [a, b] = [await keyOf('victim'), await keyOf('thief')];
  [victim, thief] = [a.token, b.token];
  reader = (await keyOf('victim', 'read')).token;
  auditor = (await keyOf('victim', 'audit')).token;
  theirs = { ...(await thingsOf(victim, 'step-a')), keyId: a.key.id };
  own = { ...(await thingsOf(thief, 'step-b')), keyId: b.key.id };
});
afterAll(() => server.close());

const plan = { steps: [{ id: 'a', tool: 'echo' }] };

async function thingsOf(token: string, approvalId: string): Promise<Record<string, string>> {
  const idOf = async (answer: Response): Promise<string> => ((await answer.json()) as { id: string }).id;
  const id = await idOf(
    await send(
      'submitRun',
      token,
      {},
      { goal: 'g', plan, inputs: { files: [{ path: 'in.txt', content: 'x' }] } },
    ),
  );
  const at = new Date().toISOString();
  const data = { approvalId, kind: 'step', reason: 'step', argsHash: 'x' } as const;
  await fakes.log.append(id, [{ type: 'approval.requested', key: 'asked', at, stepId: 'a', data }]);
  const scheduleId = await idOf(
    await send('createSchedule', token, {}, { name: 'n', cron: '@daily', run: { goal: 'g', plan } }),
  );
  return { id, scheduleId, path: 'in.txt', approvalId };
}

const bodies: Partial<Record<RouteName, unknown>> = {
  putFile: 'mine now',
  changeSchedule: { name: 'mine now' },
  forkRun: { fromStep: 'a' },
  sendMessage: { text: 'do as I say' },
  changePlan: { remove: ['a'] },
  decideApproval: { decision: 'approve' },
  presignFile: { method: 'GET' },
};

interface More {
  headers?: Record<string, string>;
  search?: string;
  body?: unknown;
}

const request = (
  route: RouteName,
  token: string,
  given: Record<string, string>,
  more: More = {},
): Promise<Response> => {
  const { method } = api[route];
  const body = more.body ?? bodies[route];
  return fetch(server.url + addressOf(route, given) + (more.search ?? ''), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'if-match': '*',
      ...more.headers,
    },
    ...(body === undefined || method === 'GET' ? {} : { body: JSON.stringify(body) }),
  });
};
const send = (
  route: RouteName,
  token: string,
  given: Record<string, string>,
  body: unknown,
): Promise<Response> => request(route, token, given, { body });
const status = async (answering: Promise<Response>): Promise<string> => {
  const answer = await answering;
  await answer.body?.cancel();
  return String(answer.status);
};

const names = (Object.keys(api) as RouteName[]).filter((name) =>
  /\{(?:id|keyId|scheduleId)\}/.test(api[name].path),
);
const disguises: Record<string, (token: string) => More> = {
  'with headers that name the tenant': () => ({
    headers: {
      ...{
        'x-tenant-id': 'victim',
        'x-perdure-tenant': 'victim',
        'x-forwarded-user': 'victim',
        tenant: 'victim',
      },
      ...{ 'x-original-url': '/', 'x-http-method-override': 'GET', 'x-forwarded-for': '127.0.0.1' },
    },
  }),
  'with the victim’s key in the query and in a cookie': () => ({
    search: `?token=${victim}&api_key=${victim}&access_token=${victim}`,
    headers: { cookie: `token=${victim}; Authorization=Bearer ${victim}` },
  }),
  'with a second Authorization header': () => ({ headers: { 'proxy-authorization': `Bearer ${victim}` } }),
};
// What a call says of a query that it does not know may differ; what it must not is find something.
const NOTHING = /^(?:404|422)$/;
for (const name of names)
  for (const [how, more] of Object.entries(disguises))
    attack(`${api[name].method} ${api[name].path} ${how}`, NOTHING, () =>
      status(request(name, thief, theirs, more(thief))),
    );

// A run of one's own does not open what is in another's.
attack('an approval of another’s run, by one’s own', '404', () =>
  status(request('decideApproval', thief, { ...own, approvalId: theirs.approvalId ?? '' })),
);
for (const [name, path] of Object.entries({
  'up and over': '../../ID/in.txt',
  'up and over, encoded': '..%2f..%2fID%2fin.txt',
  absolute: '/ID/in.txt',
  'with the tenant': '../../../victim/ID/in.txt',
}))
  attack(`a file of another’s run by one’s own: ${name}`, /^(?:404|405|422)$/, async () => {
    const there = path.replaceAll('ID', theirs.id ?? '');
    const answer = await fetch(`${server.url}/v1/runs/${own.id ?? ''}/files/${there}`, {
      headers: { authorization: `Bearer ${thief}` },
    });
    const text = await answer.text();
    return text === 'x' ? 'the file' : String(answer.status);
  });
attack('the runs of the sub-agents of another’s run', 'none', async () => {
  const answer = await request('listRuns', thief, {}, { search: `?parent=${theirs.id ?? ''}` });
  const { runs } = (await answer.json()) as { runs: unknown[] };
  return runs.length === 0 ? 'none' : 'some';
});
attack('the next page after another’s', /^(?:422|only one’s own)$/, async () => {
  await send('submitRun', victim, {}, { goal: 'g', plan });
  const first = await request('listRuns', victim, {}, { search: '?limit=1' });
  const { nextCursor } = (await first.json()) as { nextCursor: string | null };
  const answer = await request('listRuns', thief, {}, { search: `?cursor=${nextCursor ?? ''}` });
  const text = await answer.text();
  return answer.status === 422 ? '422' : text.includes(theirs.id ?? '-') ? 'another’s' : 'only one’s own';
});

// Streams and tickets.
const ticketOf = async (token: string, id: string): Promise<string> =>
  ((await (await request('createStreamTicket', token, { id })).json()) as { ticket: string }).ticket;
const stream = async (id: string, ticket: string): Promise<string> =>
  status(fetch(`${server.url}/v1/runs/${id}/events?ticket=${encodeURIComponent(ticket)}`));
attack('a ticket of one’s own for another’s stream', '401', async () =>
  stream(theirs.id ?? '', await ticketOf(thief, own.id ?? '')),
);
attack('another’s ticket beside one’s own key', NOTHING, async () =>
  status(
    request('streamEvents', thief, theirs, {
      search: `?ticket=${encodeURIComponent(await ticketOf(victim, theirs.id ?? ''))}`,
    }),
  ),
);
for (const route of ['getRun', 'listFiles', 'cancelRun', 'getPlan'] as const)
  attack(`a ticket for another call: ${route}`, '401', async () =>
    status(
      fetch(
        `${server.url}${addressOf(route, theirs)}?ticket=${encodeURIComponent(await ticketOf(victim, theirs.id ?? ''))}`,
        { method: api[route].method },
      ),
    ),
  );
attack('another’s stream from where it was left', '404', () =>
  status(
    request('streamEvents', thief, theirs, {
      headers: { accept: 'text/event-stream', 'last-event-id': '1' },
    }),
  ),
);

// Callbacks: the token is one step’s of one run’s.
const callBack = (token: string): Promise<string> =>
  status(
    fetch(`${server.url}${addressOf('callBack')}?token=${encodeURIComponent(token)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"paid":true}',
    }),
  );
attack('a callback’s token with another run in it', '404', () => {
  const [, proof = ''] = callbacks.tokenOf(own.id ?? '', 'step-a').split('.');
  return callBack(`${Buffer.from(JSON.stringify([theirs.id, 'step-a'])).toString('base64url')}.${proof}`);
});
attack('a callback’s token for what is no callback', '404', () =>
  callBack(callbacks.tokenOf(theirs.id ?? '', 'step-none')),
);
for (const token of ['', '.', 'x.y', '__proto__.x', `${'A'.repeat(900)}.x`])
  attack(`a callback’s token ${JSON.stringify(token.slice(0, 20))}`, NOTHING, () => callBack(token));

// Keys of the same tenant that may less.
for (const name of names.filter((each) => api[each].scope === 'write' || api[each].scope === 'admin'))
  attack(`${api[name].method} ${api[name].path} by a key that may only read`, '403', () =>
    status(request(name, reader, theirs)),
  );
for (const name of (Object.keys(api) as RouteName[]).filter(
  (each) => api[each].scope !== null && each !== 'listAudit',
))
  attack(`${api[name].method} ${api[name].path} by a key for the audit log`, '403', () =>
    status(request(name, auditor, theirs)),
  );
attack('the audit log by a key that may only read', '403', () => status(request('listAudit', reader, {})));
for (const search of ['', '?target=runs%2F', '?subject=key%3A', '?format=ndjson', '?cursor=W10'])
  attack(`another’s audit log by ${search === '' ? 'nothing' : search}`, 'nothing of theirs', async () => {
    await writer.settle();
    const answer = await request('listAudit', thief, {}, { search });
    const text = await answer.text();
    return Object.values(theirs).some((word) => word.length > 20 && text.includes(word)) && !isOwn(text)
      ? text
      : 'nothing of theirs';
  });
/** What the thief has tried at the victim's ids stands in the thief's own log, and says nothing of them. */
const isOwn = (text: string): boolean =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditList | AuditEntry)
    .flatMap((line) => ('entries' in line ? line.entries : [line]))
    .every(({ subject }) => subject === `key:${own.keyId ?? ''}`);

// And nothing of it has come to anything.
attack('what the victim has after all this', 'everything as it was', async () => {
  const run = await request('getRun', victim, theirs);
  const file = await (await request('getFile', victim, theirs)).text();
  const { name } = (await (await request('getSchedule', victim, theirs)).json()) as { name: string };
  const key = (await apiKeys.list('victim')).find(({ id }) => id === theirs.keyId);
  const isSame =
    run.status === 200 &&
    file === 'x' &&
    name === 'n' &&
    key?.revokedAt === null &&
    fakes.engine.cancels.length === 0;
  return isSame && fakes.schedules.triggered.length === 0 ? 'everything as it was' : 'changed';
});

for (const name of ['getRun', 'listFiles', 'getSchedule', 'whyRun', 'listRunApprovals'] as const)
  legitimate(`${name} of one’s own`, '200', () => status(request(name, thief, own)));
legitimate('a ticket of one’s own', '200', async () =>
  stream(own.id ?? '', await ticketOf(thief, own.id ?? '')),
);
legitimate('the audit log by its key', '200', () => status(request('listAudit', auditor, {})));
legitimate('looking by a key that may only read', '200', () => status(request('getRun', reader, theirs)));

atLeast(150, 8);
