/** Tools of MCP servers that misbehave: real processes, each fault in a typed error. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { createFakes } from '../../api/testing/fakes.js';
import { createAddressGuard } from '../address-guard.js';
import { redactor } from '../secrets.js';
import { toolContext } from '../testing/tool-context.js';
import type { ToolContext } from '../tool.js';
import { mcpFileSchema, type McpServer } from './declaration.js';
import { noTracer } from '../../ports/no-tracer.js';
import { mcpTools } from './mcp-tools.js';
import { openServer } from './open-server.js';
import { pinOf, type Pin } from './pins.js';
import { createSession, type McpSession } from './session.js';

const script = path.join(import.meta.dirname, 'testing/odd-server.mjs');
const SECRET = 'canary-4711-secret';
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function declared(how: string, more: object = {}, file = ''): McpServer {
  const given = { command: process.execPath, args: [script, how, file], ...more };
  const { odd } = mcpFileSchema.parse({ servers: { odd: given } }).servers;
  if (odd === undefined) throw new Error('it was just declared');
  return { ...odd, name: 'odd' };
}

/** The tools of a server, as it described them before it began to misbehave. */
async function opened(how: string, more: object = {}, file = '') {
  const server = declared(how, more, file);
  const secrets = (name: string): string | undefined => (name === 'ODD' ? SECRET : undefined);
  const redact = redactor(Object.values('command' in server ? server.env : {}), secrets);
  const { logger } = createFakes();
  const around = {
    guard: createAddressGuard({ allow: [] }),
    secrets,
    folder: import.meta.dirname,
    logger,
    redact,
  };
  const session: McpSession = createSession(server, () => openServer(server, around), noTracer);
  closing.push(() => session.close());
  const offered = await session.list();
  const accepted = Object.fromEntries(offered.map((tool): [string, Pin] => [tool.name, pinOf(tool)]));
  const tools = mcpTools({ server, accepted, session, redact, logger });
  const call = async (name: string, args: object = {}, context: Partial<ToolContext> = {}) => {
    const tool = tools.find((each) => each.name === `odd__${name}`);
    if (tool === undefined) throw new Error(`there is no ${name}`);
    return tool.execute(tool.args.parse(args), toolContext(context));
  };
  return { tools, call, session };
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-mcp-'));
  closing.push(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'calls');
  await writeFile(file, '');
  return file;
}
const lines = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8')).split('\n').filter(Boolean);

test('a tool is irreversible unless the operator says something else, and takes what its schema says', async () => {
  const { tools, call } = await opened('well', { effects: { 'sa*': 'read', s: 'reversible' } });
  expect(tools.map(({ name, effect, source }) => [name, effect, source])).toEqual([
    ['odd__say', 'read', 'mcp'],
    ['odd__env', 'irreversible', 'mcp'],
  ]);
  expect(await call('say', { text: 'hello' })).toEqual({ output: { text: 'hello' } });
  expect(tools[0]?.args.safeParse({ text: 5 }).success).toBe(false);
});

test('what is denied is not there, whatever is allowed', async () => {
  const { tools } = await opened('well', { allow: ['*'], deny: ['env'] });
  expect(tools.map(({ name }) => name)).toEqual(['odd__say']);
});

test('a child is given its own variables and no other of ours; a secret does not come back', async () => {
  vi.stubEnv('PERDURE_TEST_CANARY', 'not for children');
  closing.push(() => Promise.resolve(vi.unstubAllEnvs()));
  const { call } = await opened('well', { env: { KEY: '${PERDURE_SECRET_ODD}', PLAIN: 'yes' } });
  const text = JSON.stringify(await call('env'));
  expect(text).toContain('PLAIN');
  expect(text).toContain('[secret]');
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain('not for children');
  expect(text).not.toContain('VITEST');
});

test('a secret that is not set is told by its name, before anything is started', async () => {
  await expect(opened('well', { env: { KEY: '${PERDURE_SECRET_NONE}' } })).rejects.toMatchObject({
    code: 'tool_not_configured',
    message: expect.stringContaining('PERDURE_SECRET_NONE') as string,
  });
});

test('a description that has changed since it was accepted: the tool is not called', async () => {
  const file = await scratch();
  const { call } = await opened('turns', {}, file);
  await expect(call('say', { text: 'x' })).rejects.toMatchObject({ code: 'tool_changed' });
  expect(await call('env')).toMatchObject({ output: {} });
  expect(await lines(file)).toEqual(['env']);
});

test('a server that dies: a read may be tried again, of what cannot be undone nobody knows', async () => {
  const { call } = await opened('dies', { effects: { say: 'read' } });
  await expect(call('say', { text: 'x' })).rejects.toMatchObject({
    code: 'tool_unavailable',
    retryable: true,
    message: expect.stringContaining('out of luck') as string,
  });
  // Started anew, for this call.
  await expect(call('env')).rejects.toMatchObject({ code: 'outcome_unknown', retryable: false });
});

test('a server that cannot be started is unavailable', async () => {
  await expect(opened('well', { command: '/nowhere/at-all' })).rejects.toMatchObject({
    code: 'tool_unavailable',
    message: expect.stringContaining('could not be started') as string,
  });
});

test('an answer that is too large ends the server, and not us', async () => {
  const { call } = await opened('floods', { maxBytes: 100_000 });
  await expect(call('say', { text: 'x' })).rejects.toMatchObject({ code: 'tool_limit_exceeded' });
});

test('a server that hangs is told when nobody waits any more', async () => {
  const file = await scratch();
  const { call } = await opened('hangs', {}, file);
  const stop = new AbortController();
  const result = call('say', { text: 'x' }, { signal: stop.signal });
  await expect.poll(() => lines(file)).toEqual(['say']);
  stop.abort(new Error('the run was cancelled'));
  await expect(result).rejects.toThrow('the run was cancelled');
  await expect.poll(() => lines(file)).toEqual(['say', 'cancelled']);
});

test('a failure that the server tells is the step’s, with its words', async () => {
  const { call } = await opened('refuses');
  await expect(call('say', { text: 'x' })).rejects.toMatchObject({
    code: 'tool_failed',
    message: 'no such thing',
    retryable: false,
  });
});

test('what is no server of MCP at all is not read on', async () => {
  await expect(opened('well', { command: 'yes', args: [] })).rejects.toMatchObject({
    code: 'tool_failed',
    message: expect.stringContaining('no messages of MCP') as string,
  });
});

test('words on its output that are no message are passed over', async () => {
  const { call } = await opened('greets');
  expect(await call('say', { text: 'x' })).toEqual({ output: { text: 'x' } });
});

test.each([
  [{ servers: { odd: { command: 'x', url: 'http://x' } } }, 'invalid_union'],
  [{ servers: { odd: {} } }, 'command'],
  [{ servers: { odd: { command: 'x', env: { A: '${HOME}' } } } }, 'PERDURE_SECRET_NAME'],
  [{ servers: { odd_one: { command: 'x' } } }, 'lower-case'],
  [{ servers: { odd: { url: 'ftp://x' } } }, 'http(s) address'],
])('%j is refused', (given, message) => {
  expect(JSON.stringify(mcpFileSchema.safeParse(given).error?.issues)).toContain(message);
});
