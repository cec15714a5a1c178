import { afterEach, beforeEach, expect, test } from 'vitest';
import { CANARY_TENANT } from '../../../contracts/canary.js';
import { createMetrics, type Metrics } from '../../adapters/prometheus/metrics.js';
import { createApp } from '../../api/create-app.js';
import { createSignIn } from '../../api/sign-in/sign-in.js';
import { createFakeApiKeys } from '../../api/testing/fake-api-keys.js';
import { createFakes, dependenciesOf, type Fakes } from '../../api/testing/fakes.js';
import { listen } from '../../api/testing/listen.js';
import { createClient } from '../../client/client.js';
import { startCanary } from './scheduled-canary.js';
import { withCanary } from './sign-in.js';

let fakes: Fakes;
let server: Awaited<ReturnType<typeof listen>>;
let metrics: Metrics;
let stop: () => Promise<void>;
let deleted: string[];

beforeEach(async () => {
  fakes = createFakes();
  metrics = createMetrics();
  deleted = [];
  const apiKeys = createFakeApiKeys();
  const tools = { ...fakes.tools, checkArgs: () => [] };
  const able = fakes.agents
    .list()
    .map((agent) => ({ ...agent, tools: ['echo', 'file_write', 'file_read', 'javascript'] }));
  const agents = { list: () => able, find: (name: string) => able.find((agent) => agent.name === name) };
  const { signIn, token } = withCanary(
    createSignIn({ required: true, tokens: null, apiKeys, ticketSecret: null, logger: fakes.logger }),
  );
  server = await listen(createApp(dependenciesOf(fakes, { signIn, apiKeys, tools, agents })).app);
  stop = startCanary({
    client: createClient({ baseUrl: server.url, token }),
    everyMs: 50,
    limitMs: 500,
    runs: fakes.runs,
    retention: {
      deleteRun: (_tenantId, runId) => {
        deleted.push(runId);
        return Promise.resolve(true);
      },
    },
    workspace: fakes.workspace,
    meter: metrics.canary(),
    logger: fakes.logger,
  });
});
afterEach(async () => {
  await stop();
  await server.close();
});

const linesOf = async (name: string): Promise<string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.startsWith(name));

test('where nothing moves it fails, cancels its run, says why, and keeps it to be looked into', async () => {
  await expect
    .poll(() => linesOf('perdure_canary_runs_total'), { timeout: 10_000 })
    .toEqual([expect.stringContaining('{outcome="failed"}')]);
  expect(await linesOf('perdure_canary_up')).toEqual(['perdure_canary_up 0']);
  expect(await linesOf('perdure_canary_last_success')).toEqual([
    'perdure_canary_last_success_timestamp_seconds 0',
  ]);
  const { runs } = await fakes.runs.listRuns(CANARY_TENANT, {}, 10);
  expect(fakes.engine.cancels[0]?.runId).toBe(runs.at(-1)?.id);
  expect(deleted).toEqual([]);
  const line = fakes.logger.lines.find(({ level }) => level === 'error');
  expect(line?.message).toMatch(
    /^the canary did not come through: canary: run, it has not ended after 0.5 s/,
  );
});

test('where the API takes nothing on, the hop that failed is the first', async () => {
  fakes.engine.down = new Error('away');
  await expect
    .poll(() => fakes.logger.lines.find(({ message }) => message.includes('canary: submit')), {
      timeout: 10_000,
    })
    .toMatchObject({ level: 'error' });
  expect(await linesOf('perdure_canary_up')).toEqual(['perdure_canary_up 0']);
});

test('nobody else is let in by it', async () => {
  for (const token of ['', 'x'.repeat(43)])
    expect(
      (await fetch(`${server.url}/v1/runs`, { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
});
