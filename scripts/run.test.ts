import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('..', import.meta.url));
const runner = (root: string): string => path.join(root, 'scripts', 'run.mjs');

describe('scripts/run.mjs', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'perdure-run-'));
    for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json'])
      cpSync(path.join(repository, name), path.join(root, name), { recursive: true });
    symlinkSync(path.join(repository, 'node_modules'), path.join(root, 'node_modules'));
    put('workflows/index.ts', `export { hello } from './hello.js';`);
    put('workflows/hello.ts', `export async function hello(): Promise<string> { return 'hello'; }`);
    put('workflows/trace.ts', 'export const interceptors = () => ({});');
    for (const kind of ['payload', 'failure']) {
      const upper = `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`;
      put(
        `workflows/${kind}-converter.ts`,
        `export { default${upper}Converter as ${kind}Converter } from '@temporalio/common';`,
      );
    }
    put('src/config/settings.json', '{}');
    put('src/stack/main.test.ts', 'this is not even TypeScript');
    put('src/stack/testing/fake.ts', 'export const fake = 1;');
    put('deploy/migrations/1_first.sql', 'select 1');
    putMain('console.log(`started with ${argv.join()}`);');
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  const put = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), content);
  };
  const putMain = (body: string): void => {
    put('src/cli/main.ts', `export async function main(argv: string[]): Promise<void> { ${body} }`);
  };
  const run = (...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [runner(root), ...args], (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr });
      });
    });
  const temporaries = (): string[] => readdirSync(root).filter((name) => name.startsWith('dist.'));

  it('builds once, starts, and builds again when a source has changed', async () => {
    expect(await run('start', 'a', 'b')).toEqual({
      code: 0,
      stdout: 'started with dev,a,b\n',
      stderr: 'Building ...\n',
    });
    expect((await run('start')).stderr).toBe('');
    const bundle = path.join(root, 'dist', 'workflow-bundle.js');
    expect(await readFile(bundle, 'utf8')).toContain('__TEMPORAL__');
    for (const file of [
      'src/config/settings.json',
      'deploy/migrations/1_first.sql',
      'workflows/hello.js.map',
    ])
      await stat(path.join(root, 'dist', file));
    for (const file of ['src/stack/main.test.js', 'src/stack/testing'])
      await expect(stat(path.join(root, 'dist', file))).rejects.toThrow('ENOENT');
    putMain(`console.log('changed');`);
    expect(await run('start')).toEqual({ code: 0, stdout: 'changed\n', stderr: 'Building ...\n' });
    expect(temporaries()).toEqual([]);
  });

  it('builds once for two starts at once', async () => {
    const both = await Promise.all([run('start'), run('start')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes('Building'))).toHaveLength(1);
  });

  it('leaves the last good build when a source is broken', async () => {
    await run('start');
    putMain('const = ;');
    const { code, stderr } = await run('start');
    expect(code).toBe(1);
    expect(stderr).toContain('perdure: the sources could not be transpiled');
    expect(await readFile(path.join(root, 'dist/src/cli/main.js'), 'utf8')).toContain('started with');
    expect(temporaries()).toEqual([]);
  });

  it('says one sentence for an error that is meant for people', async () => {
    putMain(`throw Object.assign(new Error('the port is taken.'), { name: argv[1] });`);
    const { code, stderr } = await run('start', 'StartupError');
    expect(code).toBe(1);
    expect(stderr).toBe('Building ...\nperdure: the port is taken.\n');
    expect((await run('start', 'TypeError')).stderr).toMatch(
      /this is a defect.*the port is taken.*main\.ts/s,
    );
  });

  it('names what is missing, and the commands there are', async () => {
    rmSync(path.join(root, 'workflows'), { recursive: true });
    expect((await run('start')).stderr).toContain('perdure: workflows/index.ts is missing');
    expect(await run('strat')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'perdure: use one of: setup, start, perdure, demo, test, faults, bench.\n',
    });
  });

  it('builds again when something of the build was deleted', async () => {
    await run('start');
    for (const file of ['src/config', 'workflow-bundle.js', 'workflows/hello.js.map']) {
      rmSync(path.join(root, 'dist', file), { recursive: true });
      expect((await run('start')).stderr).toBe('Building ...\n');
      await stat(path.join(root, 'dist', file));
    }
    expect((await run('start')).stderr).toBe('');
  });

  it('does not wait for a process that has got the number of a dead start, nor for a lock cut short', async () => {
    for (const lock of [JSON.stringify([{ pid: process.pid, started: 'long ago' }]), '[{"pid":', '1']) {
      put('dist.lock', lock);
      putMain(`console.log(${JSON.stringify(lock)});`);
      expect((await run('start')).stderr).toBe('Building ...\n');
    }
    expect(temporaries()).toEqual([]);
  });

  describe('test', () => {
    const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);
    beforeEach(() => {
      put('vitest.config.ts', `export default { test: { include: ['tests/**/*.test.ts'] } };`);
      put(
        'tests/a.test.ts',
        `import { it } from 'vitest'; it('passes', () => {}); it.skip('waits', () => {});`,
      );
      rmSync(path.join(root, 'src/stack/main.test.ts'));
    });

    it('counts what passed and what was skipped', async () => {
      const { code, stdout } = await run('test');
      expect([code, lastLine(stdout)]).toEqual([0, '1 passed, 0 failed, 1 skipped']);
      expect(lastLine((await run('test', '-t', 'passes', 'a.test')).stdout)).toMatch(/^1 passed, 0 failed/);
    });

    it('counts a file that does not load, and an error outside of a test', async () => {
      put('tests/b.test.ts', `import './nowhere.js';`);
      const unloadable = await run('test');
      expect([unloadable.code, lastLine(unloadable.stdout)]).toEqual([1, '1 passed, 1 failed, 1 skipped']);
      put(
        'tests/b.test.ts',
        `import { it } from 'vitest'; it('b', async () => { void Promise.reject(new Error('late')); await new Promise((r) => setTimeout(r, 50)); });`,
      );
      const late = await run('test');
      expect([late.code, lastLine(late.stdout)]).toEqual([1, '2 passed, 1 failed, 1 skipped']);
    });

    it('passes a Ctrl-C on and ends', async () => {
      put(
        'tests/b.test.ts',
        `import { it } from 'vitest'; it('b', async () => { console.log('I am slow'); await new Promise((r) => setTimeout(r, 60_000)); }, 90_000);`,
      );
      const child = spawn(process.execPath, [runner(root), 'test'], { stdio: ['ignore', 'pipe', 'ignore'] });
      let said = '';
      child.stdout.on('data', (chunk) => (said += String(chunk)));
      const exited = once(child, 'exit');
      await expect.poll(() => said, { timeout: 20_000 }).toContain('RUN');
      child.kill('SIGINT');
      expect(await exited).toEqual([130, null]);
      expect(lastLine(said)).toMatch(/^\d+ passed, 1 failed/);
    });
  });
});
