import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runInProcess } from './run-in-process.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-process-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const run = async (
  program: string,
  data: unknown = {},
  signal = new AbortController().signal,
  timeoutMs = 60_000,
) => {
  const file = path.join(directory, 'worker.mjs');
  await writeFile(file, program);
  return runInProcess({ file: pathToFileURL(file), data, directory, heapMb: 64, timeoutMs, signal });
};
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a process that goes on and on is ended at its limit', async () => {
  await expect(run('for (;;) {}', {}, undefined, 300)).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: 'took longer than 0.3 s',
  });
});

test('the process gets its data, answers, and has ended', async () => {
  const answer = await run(
    `process.on('message', (data) => process.send({ ok: true, value: { data, pid: process.pid, env: process.env.PATH } }));`,
    { a: 1 },
  );
  expect(answer).toEqual({ ok: true, value: { data: { a: 1 }, pid: expect.any(Number) as number } });
  const { value } = answer as { value: { pid: number } };
  expect(isAlive(value.pid)).toBe(false);
});

test('an answer sent just before the end is heard', async () => {
  const program = `process.on('message', () => process.send({ ok: false, message: 'late' }, () => process.kill(process.pid, 'SIGKILL')));`;
  expect(await run(program)).toEqual({ ok: false, message: 'late' });
});

test.each([
  ['fills its heap', 'const a = []; for (;;) a.push({ a: [a.length] });', 'tool_limit_exceeded'],
  ['throws', 'throw new Error("broken");', 'tool_failed'],
  ['ends in silence', 'process.exit(0);', 'tool_failed'],
])('a process that %s is an error', async (_what, program, code) => {
  await expect(run(program)).rejects.toMatchObject({ code });
});

test('an abort ends a process that listens to nothing, and gives the reason', async () => {
  const stop = new AbortController();
  const pidFile = path.join(directory, 'pid');
  const running = run(
    `import { writeFileSync } from 'node:fs'; writeFileSync('pid.new', ''); writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); for (;;);`,
    {},
    stop.signal,
  );
  const refused = expect(running).rejects.toThrow('enough');
  await vi.waitUntil(() => existsSync(pidFile), { timeout: 20_000 });
  stop.abort(new Error('enough'));
  await refused;
  await expect(run('', {}, stop.signal)).rejects.toThrow('enough');
});

test('the sql worker outlives signals but not its parent, and leaves no directory', async () => {
  const worker = fileURLToPath(new URL('./sql-worker.mjs', import.meta.url));
  const query = 'select count(*) from range(10000000) a, range(10000000) b where a.range + b.range = 7';
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { fork } from 'node:child_process';
       const child = fork(${JSON.stringify(worker)}, { cwd: ${JSON.stringify(directory)}, detached: true, execArgv: [] });
       child.send({ tables: [], query: ${JSON.stringify(query)}, maxRows: 1 });
       child.on('exit', () => console.log('ended'));
       console.log(child.pid);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  // Long enough for the query to run, which is when an end by process.exit would wait for it.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  process.kill(pid, 'SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitUntil(() => !isAlive(pid) && !existsSync(directory), { timeout: 20_000 });
});
