import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnGuarded, type GuardedOptions } from './child-process.js';
import { commandLineOf, identify } from './process-identity.js';
import { testDirectory, type TestDirectory } from './testing/backends.js';
import { prepareActors, type Actors } from './testing/other-process.js';

describe('a guarded child', () => {
  let place: TestDirectory;
  let actors: Actors;
  let logFile: string;
  beforeAll(async () => {
    place = await testDirectory();
    logFile = path.join(place.directory, 'logs', 'child.log');
    actors = await prepareActors();
  });
  afterAll(async () => {
    await actors.release();
    await place.remove();
  });

  const shell = (script: string, more: Partial<GuardedOptions> = {}) =>
    spawnGuarded({ command: '/bin/sh', args: ['-c', script], env: {}, logFile, ...more });

  it('has its output in the log and its exit code reported', async () => {
    const child = await shell('echo out of $WHERE; echo and err >&2; exit 7', { env: { WHERE: 'here' } });
    expect(await child.exited).toEqual({ code: 7, signal: null });
    const log = await readFile(logFile, 'utf8');
    expect(log).toContain('out of here\n');
    expect(log).toContain('and err\n');
  });

  it('has the signal reported that ended it', async () => {
    const child = await shell('kill -9 $$');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('that is no program ends with 127', async () => {
    const child = await spawnGuarded({ command: '/nowhere/program', args: [], env: {}, logFile });
    expect(await child.exited).toEqual({ code: 127, signal: null });
  });

  it('whose folder does not exist is refused in a sentence', async () => {
    await expect(shell('true', { cwd: '/nowhere' })).rejects.toThrow(
      /could not be started; see .*child\.log/,
    );
  });

  it('is asked to stop by the signal that was chosen', async () => {
    const child = await shell(
      'trap "echo interrupted; exit 3" TERM; echo ready; while :; do sleep 0.05; done',
    );
    await expect.poll(() => readFile(logFile, 'utf8')).toContain('ready');
    await child.stop();
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(await readFile(logFile, 'utf8')).toContain('interrupted');
    await child.stop();
  });

  it('that does not stop is forced after the grace', async () => {
    const child = await shell('trap "" TERM; echo stubborn; while :; do sleep 0.05; done', {
      graceSeconds: 1,
    });
    await expect.poll(() => readFile(logFile, 'utf8')).toContain('stubborn');
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends when its parent is killed with -9', async () => {
    const parent = await actors.start('child', { logFile });
    const pid = Number(parent.said.child);
    expect(await commandLineOf(pid)).toContain('sleep 600');
    await parent.kill();
    await expect.poll(() => identify(pid), { timeout: 20_000 }).toBeNull();
  });

  it('is not reached by a Ctrl-C in the terminal of its parent', async () => {
    const parent = await actors.start('child', { logFile });
    const pid = Number(parent.said.child);
    process.kill(-parent.pid, 'SIGINT');
    await sleep(300);
    expect(await identify(pid)).not.toBeNull();
    await parent.kill();
    await expect.poll(() => identify(pid), { timeout: 20_000 }).toBeNull();
  });
});
