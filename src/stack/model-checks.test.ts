/** What a worker's start says of models and of the sandbox. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../config/env.js';
import { createLogger } from '../adapters/pino/logger.js';
import { verify, type CheckLine } from './verify.js';
import { modelChecks } from './model-checks.js';
import { sandboxCheck } from './sandbox-check.js';

/** @param status of each answer; what was asked is its second word */
async function provider(status: number): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(`${req.method ?? ''} ${req.url ?? ''} ${req.headers.authorization ?? ''}`);
    res.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

/** Where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}

async function tableOf(env: Record<string, string>, ofAgent: string[] = []): Promise<Record<string, string>> {
  let lines: readonly CheckLine[] = [];
  await verify({
    checks: modelChecks(readConfig(env), [{ models: { planner: ofAgent, supervisor: [], tool: [] } }]),
    logger: createLogger([]),
    seconds: 1,
    onLines: (now) => {
      lines = now;
    },
  });
  return Object.fromEntries(lines.map(({ name, state, detail }) => [name, `${state} ${detail}`]));
}

test('each provider that is used is asked once what models it has, and none that is not', async () => {
  const [settings, agents, unused] = [await provider(404), await provider(200), await provider(200)];
  const table = await tableOf(
    {
      PERDURE_MODEL: 'openai:a',
      PERDURE_PLANNER_MODEL: 'openai:b',
      OPENAI_API_KEY: 'a-key',
      OPENAI_BASE_URL: settings.url,
      PERDURE_MODEL_SERVERS: `local=${agents.url},other=${unused.url}`,
    },
    ['local:c'],
  );
  expect(table).toEqual({
    'models of local': `ok ${new URL(agents.url).host}`,
    'models of openai': `ok ${new URL(settings.url).host}`,
  });
  expect([settings.asked, agents.asked, unused.asked]).toEqual([
    ['GET /v1/models Bearer a-key'],
    ['GET /v1/models Bearer none'],
    [],
  ]);
});

test('a provider that is away, in trouble, or refuses the key is told, and stops no start', async () => {
  const [refuses, troubled] = [await provider(401), await provider(503)];
  const table = await tableOf(
    {
      PERDURE_MODEL: 'away:a,openai:b,troubled:c',
      OPENAI_API_KEY: 'a-wrong-key',
      OPENAI_BASE_URL: refuses.url,
      PERDURE_MODEL_SERVERS: `away=${await nobody()},troubled=${troubled.url}`,
    },
    [],
  );
  expect(table['models of away']).toMatch(/^degraded \S+: it cannot be reached: .*ECONNREFUSED/);
  expect(table['models of openai']).toMatch(/^degraded \S+: it answers, and refuses the key \(HTTP 401\)$/);
  expect(table['models of troubled']).toMatch(/^degraded \S+: it answers HTTP 503$/);
  expect(JSON.stringify(table)).not.toContain('a-wrong-key');
});

test('the sandbox computes', async () => {
  await expect(sandboxCheck.use()).resolves.toBeUndefined();
});
