/** Who is told how the whole system does, and what. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { System } from '../../contracts/system.js';
import { createApp } from './create-app.js';
import { createApiKey } from './sign-in/create-api-key.js';
import { createSignIn } from './sign-in/sign-in.js';
import { checkedFetch } from './testing/checked-fetch.js';
import { createFakeApiKeys, type FakeApiKeys } from './testing/fake-api-keys.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';
import { startTestIssuer, type TestIssuer } from './testing/test-issuer.js';

let fakes: Fakes;
let issuer: TestIssuer;
let apiKeys: FakeApiKeys;
let server: Awaited<ReturnType<typeof listen>>;
/** Of runs that have ended; an error is thrown. */
let ended: Error | null;

beforeEach(async () => {
  fakes = createFakes();
  issuer = await startTestIssuer();
  apiKeys = createFakeApiKeys();
  ended = null;
  const signIn = createSignIn({
    required: true,
    tokens: { jwksUrl: issuer.jwksUrl, secret: null, issuer: issuer.issuer, audience: 'authenticated' },
    apiKeys,
    ticketSecret: null,
    logger: fakes.logger,
  });
  const times = { startP50Ms: 12, startP95Ms: 30, tookP50Ms: 500, tookP95Ms: 900 };
  const app = createApp(
    dependenciesOf(fakes, {
      signIn,
      apiKeys,
      metrics: {
        contentType: 'text/plain',
        text: () => Promise.resolve(''),
        mayRead: (authorization) => authorization === 'Bearer of-the-metrics',
      },
      openRuns: {
        countOpen: () => Promise.resolve([{ status: 'running', runs: 3 }]),
        idleRuns: () => Promise.resolve([]),
      },
      activity: {
        endedRuns: () =>
          ended === null
            ? Promise.resolve([{ period: 59, completed: 4, failed: 1, cancelled: 0, ...times }])
            : Promise.reject(ended),
      },
      canary: () => ({ everySeconds: 60, last: null }),
    }),
  );
  server = await listen(app.app);
});
afterEach(async () => {
  await server.close();
  await issuer.close();
});

const ask = (token?: string) =>
  checkedFetch(
    `${server.url}/v1/system`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
const operator = () => issuer.token({ app_metadata: { perdure_operator: true, perdure_scope: 'read' } });

test('operators and whoever reads the metrics are told; no admin, no key, no stranger', async () => {
  const { token: key } = await createApiKey(apiKeys, {
    ...{ tenantId: 'acme', name: 'k', scope: 'admin', createdBy: 'user:1', expiresAt: null },
  });
  const admin = await issuer.token({ app_metadata: { perdure_scope: 'admin' } });
  const forged = await issuer.token({ user_metadata: { perdure_operator: true } });
  const odd = await issuer.token({ app_metadata: { perdure_operator: 'yes' } });
  const statuses: number[] = [];
  for (const token of [await operator(), 'of-the-metrics', admin, key, forged, odd, undefined])
    statuses.push((await ask(token)).status);
  expect(statuses).toEqual([200, 200, 403, 403, 403, 401, 401]);
});

test('what is known is told, and what is away is left out', async () => {
  fakes.inspector.facts.activities.backlog = 7;
  const told = (await (await ask(await operator())).json()) as System;
  expect(told).toMatchObject({
    ready: true,
    openRuns: [{ status: 'running', runs: 3 }],
    stuckRuns: [],
    canary: { everySeconds: 60, last: null },
  });
  expect(told.queue?.activities.backlog).toBe(7);
  expect(told.toolQueue).toBeNull();
  expect(told.periods).toHaveLength(60);
  expect(told.periods.at(-1)?.runs).toMatchObject({ completed: 4, failed: 1, tookP95Ms: 900 });
  await ask();
  const again = (await (await ask(await operator())).json()) as System;
  expect(again.periods.reduce((sum, { requests }) => sum + requests.count, 0)).toBeGreaterThan(0);
});

test('the task queue of tools is told of beside that of runs, where there is one', async () => {
  const { facts } = fakes.inspector;
  const poller = { identity: 'of-tools', lastPollAt: new Date().toISOString(), build: null };
  fakes.inspector.toolFacts = {
    ...facts,
    name: 'fake-tools',
    activities: { ...facts.activities, pollers: [poller], backlog: 3, backlogAgeMs: 40_000 },
  };
  const told = (await (await ask(await operator())).json()) as System;
  expect(told.toolQueue).toEqual(fakes.inspector.toolFacts);
  expect(told.queue?.name).toBe('fake');
});

test('parts that are away are told as such, and the answer comes all the same', async () => {
  ended = new Error('the database is away');
  fakes.inspector.queue = () => Promise.reject(new Error('Temporal is away'));
  fakes.inspector.toolQueue = () => Promise.reject(new Error('Temporal is away'));
  fakes.engine.down = new Error('Temporal is away');
  const answer = await ask(await operator());
  expect(answer.status).toBe(200);
  const told = (await answer.json()) as System;
  expect([told.ready, told.queue, told.toolQueue]).toEqual([false, null, null]);
  expect(told.periods.every(({ runs }) => runs.completed === 0)).toBe(true);
});
