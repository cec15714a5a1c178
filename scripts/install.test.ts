import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
// npm runs as the shell that runs the tests has set it up; only the product takes src/config's word.
import { env as shell } from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const scripts = fileURLToPath(new URL('.', import.meta.url));

describe('scripts/run.mjs setup, with a registry of one package', { timeout: 60_000 }, () => {
  let root: string;
  let registry: http.Server;
  let requests: number;
  let mayAnswer: Promise<void>;
  let answer: () => void;

  beforeEach(async () => {
    root = mkdtempSync(path.join(os.tmpdir(), 'perdure-install-'));
    cpSync(scripts, path.join(root, 'scripts'), { recursive: true });
    mkdirSync(path.join(root, 'package'));
    writeFileSync(path.join(root, 'package', 'package.json'), '{"name":"only","version":"1.0.0"}');
    execFileSync('tar', ['-czf', 'only.tgz', 'package'], { cwd: root });
    requests = 0;
    mayAnswer = Promise.resolve();
    registry = http.createServer((_request, response) => {
      requests++;
      void mayAnswer.then(() => response.end(readFileSync(path.join(root, 'only.tgz'))));
    });
    registry.listen(0, '127.0.0.1');
    await once(registry, 'listening');
    const { port } = registry.address() as AddressInfo;
    const asked = { dependencies: { only: '1.0.0' } };
    const resolved = `http://127.0.0.1:${port}/only.tgz`;
    const packages = { '': asked, 'node_modules/only': { version: '1.0.0', resolved } };
    writeFileSync(path.join(root, 'package.json'), JSON.stringify(asked));
    writeFileSync(
      path.join(root, 'package-lock.json'),
      JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
    );
  });
  afterEach(() => {
    registry.closeAllConnections();
    registry.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  });

  const holdAnswers = (): void => {
    mayAnswer = new Promise((resolve) => (answer = resolve));
  };
  const begin = (): ChildProcess & { said: Promise<string> } => {
    const child = spawn(process.execPath, [path.join(root, 'scripts', 'run.mjs'), 'setup'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // Each trial starts with an empty cache, and asks nobody but our registry.
      env: { ...shell, npm_config_cache: path.join(root, 'cache'), npm_config_noproxy: '127.0.0.1' },
    });
    return Object.assign(child, { said: text(child.stderr) });
  };
  const setup = async (): Promise<{ code: unknown; said: string }> => {
    const child = begin();
    const [[code], said] = await Promise.all([once(child, 'exit') as Promise<unknown[]>, child.said]);
    return { code, said };
  };
  const installed = (file: string): string => path.join(root, 'node_modules', file);

  it('installs once, and again when a package or the record of npm was damaged', async () => {
    expect(await setup()).toEqual({ code: 0, said: expect.stringContaining('Installing') as string });
    expect(await setup()).toEqual({ code: 0, said: '' });
    rmSync(installed('only'), { recursive: true });
    expect((await setup()).said).toContain('Installing');
    expect(existsSync(installed('only/package.json'))).toBe(true);
    writeFileSync(installed('.package-lock.json'), '{"packages": {');
    expect((await setup()).said).toContain('Installing');
    expect(await setup()).toEqual({ code: 0, said: '' });
  });

  /** A start that is killed while its npm waits for an answer, and whom its lock names then. */
  async function killDuringInstall() {
    holdAnswers();
    const killed = begin();
    await expect.poll(() => requests, { timeout: 20_000 }).toBe(1);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const holders = JSON.parse(readFileSync(path.join(root, 'dist.lock'), 'utf8')) as { pid: number }[];
    return { killed, holders };
  }

  it('waits for the npm of a start that was killed, and adopts what it has installed', async () => {
    const { killed, holders } = await killDuringInstall();
    const npm = holders[1]?.pid;
    expect(holders[0]?.pid).toBe(killed.pid);
    const next = begin();
    let said = '';
    next.stderr?.on('data', (chunk) => (said += String(chunk)));
    await expect.poll(() => said, { timeout: 20_000 }).toContain(`Waiting for process ${String(npm)},`);
    answer();
    expect(await once(next, 'exit')).toEqual([0, null]);
    expect(said).not.toContain('Installing');
    expect(requests).toBe(1);
    expect(await setup()).toEqual({ code: 0, said: '' });
    expect(existsSync(path.join(root, 'dist.lock'))).toBe(false);
  });

  it('installs anew when that npm ends before it has installed anything', async () => {
    const { holders } = await killDuringInstall();
    process.kill(holders[1]?.pid ?? 0, 'SIGKILL');
    answer();
    expect(await setup()).toEqual({ code: 0, said: expect.stringContaining('Installing') as string });
    expect(existsSync(installed('only/package.json'))).toBe(true);
  });
});
