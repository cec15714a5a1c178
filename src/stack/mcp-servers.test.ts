/** What is accepted of MCP servers, and what is told of them since, with real processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakes } from '../api/testing/fakes.js';
import { readConfig, type Config } from '../config/env.js';
import { examineTools } from './doctor/tools.js';
import { compareMcpServers } from './mcp-servers.js';
import { openTools } from './tools.js';

const script = path.resolve(import.meta.dirname, '../tools/mcp/testing/odd-server.mjs');
const { logger } = createFakes();
let folder: string;
let config: Config;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-mcp-'));
  config = readConfig({ PERDURE_TOOLS_DIR: folder });
  declare('deny: [env]');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const declare = (more = '', other = ''): void => {
  const server = (name: string, rest: string): string =>
    `  ${name}:\n    command: ${process.execPath}\n    args: [${script}, well]\n${rest === '' ? '' : `    ${rest}\n`}`;
  writeFileSync(
    path.join(folder, 'mcp.yaml'),
    `servers:\n${server('one', more)}${server('two', '')}${other}`,
  );
};
const lock = (): { servers: Record<string, Record<string, { description: string }>> } =>
  JSON.parse(readFileSync(path.join(folder, 'mcp.lock.json'), 'utf8')) as ReturnType<typeof lock>;
const namesOf = async (): Promise<string[]> => {
  const opened = await openTools(config, logger);
  await opened.close();
  return opened.tools.map(({ name }) => name);
};

test('nothing is there before it was accepted, then what is allowed is, one server at a time', async () => {
  expect(await namesOf()).toEqual([]);
  const looked = await compareMcpServers(config, logger, { accept: false });
  expect(looked).toMatchObject([
    { server: 'one', changes: [{ tool: 'say', change: 'new', description: 'Says it.' }] },
    { server: 'two', changes: [{ tool: 'env' }, { tool: 'say' }] },
  ]);
  expect(await namesOf()).toEqual([]);
  await compareMcpServers(config, logger, { only: 'one', accept: true });
  expect(await namesOf()).toEqual(['one__say']);
  await compareMcpServers(config, logger, { accept: true });
  expect(await namesOf()).toEqual(['one__say', 'two__env', 'two__say']);
  expect(Object.keys(lock().servers)).toEqual(['one', 'two']);
});

test('what differs since is told, by perdure doctor too, and a server that is away is no fault of the others', async () => {
  await compareMcpServers(config, logger, { accept: true });
  const kept = lock();
  const pin = kept.servers.one?.say;
  if (pin === undefined) throw new Error('it was just accepted');
  pin.description = 'What it said before.';
  writeFileSync(path.join(folder, 'mcp.lock.json'), JSON.stringify(kept));
  declare('', '  gone: { command: /nowhere/at-all }\n');
  expect(await compareMcpServers(config, logger, { accept: false })).toMatchObject([
    {
      server: 'one',
      changes: [
        { tool: 'env', change: 'new' },
        { tool: 'say', change: 'changed' },
      ],
    },
    { server: 'two', changes: [], error: null },
    { server: 'gone', changes: [], error: expect.stringContaining('could not be started') as string },
  ]);
  expect(await examineTools(config, logger)).toMatchObject([
    { name: 'mcp one', state: 'degraded', detail: 'differs: env (new), say (changed)' },
    { name: 'mcp two', state: 'ok' },
    { name: 'mcp gone', state: 'degraded' },
  ]);
  // One that is away keeps what was accepted of it.
  kept.servers.gone = { say: pin };
  writeFileSync(path.join(folder, 'mcp.lock.json'), JSON.stringify(kept));
  await compareMcpServers(config, logger, { accept: true });
  expect(lock().servers).toMatchObject({
    one: { say: { description: 'Says it.' } },
    gone: { say: { description: 'What it said before.' } },
  });
});

test.each([
  ['{"version": 2}', 'version must be 1'],
  ['[', 'mcp.lock.json: '],
])('a lock file that is %s stops the start', async (text, message) => {
  writeFileSync(path.join(folder, 'mcp.lock.json'), text);
  await expect(openTools(config, logger)).rejects.toThrow(message);
});
