/** An MCP server of the ecosystem in runs over real servers, by both of its transports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { createFakes } from '../../src/api/testing/fakes.js';
import { readConfig } from '../../src/config/env.js';
import { compareMcpServers, openMcpServers } from '../../src/stack/mcp-servers.js';
import { startSystem, type System } from './support/system.js';

const everything = path.join(
  path.dirname(
    createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json'),
  ),
  'dist/index.js',
);
const SECRET = 'canary-0815-secret';
const { logger } = createFakes();
let folder: string;
let settings: Record<string, string>;
let remote: ChildProcess;
let system: System;
let port: number;

const servers = (): string => `
servers:
  local:
    command: ${process.execPath}
    args: [${everything}, stdio]
    env: { EVERYTHING_KEY: "\${PERDURE_SECRET_EVERYTHING}" }
    deny: [toggle-*]
    effects: { "*": read, gzip-file-as-resource: irreversible }
  changed:
    command: ${process.execPath}
    args: [${everything}, stdio]
    allow: [get-sum]
    effects: { get-sum: read }
  remote:
    url: http://127.0.0.1:${port}/mcp
    headers: { authorization: "Bearer \${PERDURE_SECRET_EVERYTHING}" }
    allow: [echo, get-sum, trigger-long-running-operation]
    effects: { get-sum: read, trigger-long-running-operation: read }
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-mcp-'));
  port = await claimPort('127.0.0.1', 0, 'the port', 'PORT');
  await writeFile(path.join(folder, 'mcp.yaml'), servers());
  remote = await startRemote();
  settings = {
    PERDURE_TOOLS_DIR: folder,
    PERDURE_SECRET_EVERYTHING: SECRET,
    PERDURE_HTTP_ALLOW: `127.0.0.1:${port}`,
  };
  const reports = await compareMcpServers(readConfig(settings), logger, { accept: true });
  expect(reports.map(({ server, error }) => [server, error])).toEqual([
    ['local', null],
    ['changed', null],
    ['remote', null],
  ]);
  await pretendChange();
  system = await startSystem({ settings });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  remote.kill();
  await rm(folder, { recursive: true });
});

async function startRemote(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: 'ignore',
  });
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/mcp`), { timeout: 20_000 });
  return child;
}

/** As if the server had said something else when it was accepted. */
async function pretendChange(): Promise<void> {
  const file = path.join(folder, 'mcp.lock.json');
  const lock = JSON.parse(await readFile(file, 'utf8')) as {
    servers: Record<string, Record<string, { description: string }>>;
  };
  const pin = lock.servers.changed?.['get-sum'];
  if (pin === undefined) throw new Error('it was just accepted');
  pin.description = 'What it said when it was accepted.';
  await writeFile(file, JSON.stringify(lock));
}

async function run(steps: object[]): Promise<RunEvent[]> {
  const { id } = await system.start(steps);
  return system.events(id);
}
const endOf = (events: RunEvent[], step: string): RunEvent | undefined =>
  events.find(({ type, stepId }) => stepId === step && (type === 'step.completed' || type === 'step.failed'));

test('what was accepted is there by its own names and effects, and what is denied is not', async () => {
  const opened = openMcpServers(readConfig(settings), logger);
  await opened.close();
  const { tools } = opened;
  expect(
    tools.filter(({ name }) => name.startsWith('remote__')).map(({ name, effect }) => [name, effect]),
  ).toEqual([
    // It says of itself that it only reads, which nobody believes.
    ['remote__echo', 'irreversible'],
    ['remote__get-sum', 'read'],
    ['remote__trigger-long-running-operation', 'read'],
  ]);
  const local = tools.filter(({ name }) => name.startsWith('local__'));
  expect(local.length).toBeGreaterThan(8);
  expect(local.map(({ name }) => name)).not.toContain('local__toggle-simulated-logging');
});

test('a run calls it over both transports, each step with what another put out', async () => {
  const events = await run([
    { id: 'sum', tool: 'local__get-sum', args: { a: 2, b: 40 } },
    { id: 'echo', tool: 'remote__echo', args: { message: 'It said: {{steps.sum.output.text}}' } },
    { id: 'city', tool: 'local__get-structured-content', args: { location: 'Chicago' } },
    { id: 'warm', tool: 'echo', args: { degrees: '{{steps.city.output.structured.temperature}}' } },
    { id: 'image', tool: 'local__get-tiny-image', args: {} },
  ]);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(endOf(events, 'echo')).toMatchObject({
    output: { value: { text: expect.stringContaining('2 and 40 is 42') as string } },
  });
  expect(endOf(events, 'warm')).toMatchObject({
    output: { value: { degrees: expect.any(Number) as number } },
  });
  expect(endOf(events, 'image')?.type).toBe('step.completed');
});

test('wrong arguments fail the step with the field, and no other', async () => {
  const events = await run([
    { id: 'sum', tool: 'local__get-sum', args: { a: 'two', b: 1 }, onFailure: 'continue' },
    { id: 'beside', tool: 'remote__get-sum', args: { a: 1, b: 1 } },
  ]);
  expect(endOf(events, 'sum')).toMatchObject({ error: { code: 'tool_invalid_args', retryable: false } });
  expect(endOf(events, 'beside')?.type).toBe('step.completed');
});

test('the environment that the server sees is its own, and its secret is in no event', async () => {
  const events = await run([{ id: 'env', tool: 'local__get-env', args: {} }]);
  const text = JSON.stringify(events);
  expect(text).toContain('EVERYTHING_KEY');
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('PERDURE_');
});

test('a server that was restarted is connected to anew, also for what cannot be undone', async () => {
  remote.kill('SIGKILL');
  await once(remote, 'close');
  remote = await startRemote();
  const events = await run([
    { id: 'echo', tool: 'remote__echo', args: { message: 'again' } },
    { id: 'sum', tool: 'remote__get-sum', args: { a: 1, b: 1 } },
  ]);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(events.map(({ type }) => type)).not.toContain('step.retrying');
});

test('a run that is cancelled leaves no call waiting', async () => {
  const { id } = await system.start([
    { id: 'long', tool: 'remote__trigger-long-running-operation', args: { duration: 600, steps: 600 } },
  ]);
  await expect
    .poll(async () => (await system.log.read(id, 0, 100)).map(({ type }) => type), { timeout: 20_000 })
    .toContain('step.started');
  await system.engine.cancel(id, 'enough');
  const events = await system.events(id);
  expect(endOf(events, 'long')).toMatchObject({ error: { code: 'cancelled' } });
});

test('what the server says of a tool is not what was accepted: told, and refused until it is', async () => {
  const [report] = await compareMcpServers(readConfig(settings), logger, { only: 'changed', accept: false });
  expect(report?.changes).toMatchObject([{ tool: 'get-sum', change: 'changed', readOnlyHint: true }]);
  const events = await run([{ id: 'sum', tool: 'changed__get-sum', args: { a: 1, b: 1 } }]);
  expect(endOf(events, 'sum')).toMatchObject({ error: { code: 'tool_changed', retryable: false } });
});
