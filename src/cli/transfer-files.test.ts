import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../client/client.js';
import { startScriptedServer, type ScriptedServer } from '../client/testing/scripted-server.js';
import { getFile } from './transfer-files.js';

let server: ScriptedServer;
let folder: string;
beforeAll(async () => {
  server = await startScriptedServer();
  folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-transfer-'));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('a file that breaks off is told in a sentence, and leaves nothing behind', async () => {
  const breaksOff = (): void => {
    server.script((_req, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('only this', () => res.destroy());
    });
  };
  const client = createClient({ baseUrl: server.url, retries: 0 });
  const { signal } = new AbortController();
  const told = {
    name: 'CliError',
    exitCode: 5,
    message: expect.stringMatching(/^report\.md has not come whole: the connection broke \(.+\)$/) as string,
  };
  breaksOff();
  const output = path.join(folder, 'copy.md');
  await expect(getFile(client, 'id', 'report.md', { output, signal })).rejects.toMatchObject(told);
  expect(existsSync(output)).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
  breaksOff();
  await expect(getFile(client, 'id', 'report.md', { signal })).rejects.toMatchObject(told);
});
