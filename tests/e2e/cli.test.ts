/** The command line against a real stack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { Run } from '../../contracts/answers.js';
import { commandLine, type CommandLine } from './support/command-line.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

let perdure: PerdureProcess;
let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
/** With the plans and files of the tests. */
let folder: string;
let cli: CommandLine;

const plans = {
  greet: {
    steps: [
      { id: 'hello', tool: 'echo', args: { text: 'Hello {{inputs.data.who}}' } },
      { id: 'copy', tool: 'file_read', args: { path: 'in/raw.bin', encoding: 'base64' } },
      { id: 'save', tool: 'file_write', args: { path: 'out.txt', content: '{{steps.hello.output.text}}' } },
      {
        id: 'end',
        tool: 'echo',
        args: { text: '{{steps.hello.output.text}}!' },
        dependsOn: ['save', 'copy'],
      },
    ],
  },
  fail: { steps: [{ id: 'bad', tool: 'file_read', args: { path: 'nothing.txt' } }] },
  wait: { steps: [{ id: 'long', tool: 'wait', args: { seconds: 3_600 } }] },
  pause: { steps: [{ id: 'short', title: 'Take a breath', tool: 'wait', args: { seconds: 1 } }] },
};

beforeAll(async () => {
  temporary = await temporaryDirectory();
  folder = path.join(temporary.directory, 'files');
  await mkdir(folder);
  for (const [name, plan] of Object.entries(plans))
    await writeFile(path.join(folder, `${name}.json`), JSON.stringify(plan));
  await writeFile(path.join(folder, 'raw.bin'), Buffer.from([0, 255, 128]));
  perdure = await PerdureProcess.start(path.join(temporary.directory, 'data'));
  cli = commandLine(perdure.url);
}, 600_000);
afterAll(async () => {
  await perdure.stop();
  await temporary.remove();
});

const file = (name: string): string => path.join(folder, name);
const failedId = ({ stderr }: { stderr: string }): string => /^run (\S+)/.exec(stderr)?.[1] ?? '';
const jsonLines = (text: string): RunEvent[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
/** Submits and does not follow. @returns its id */
async function start(plan: keyof typeof plans): Promise<string> {
  const { code, stdout, stderr } = await cli(['run', plan, '--plan', file(`${plan}.json`), '--no-follow']);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim();
}

describe('run', () => {
  const greet = [
    ...['run', 'Greet', '--plan', '-', '--data', '{"who":"Ada"}', '--metadata', 'team=blue'],
    ...['--metadata', 'env=test', '--priority', '2'],
  ];
  const input = JSON.stringify(plans.greet);

  test('progress goes to standard error as lines, and the result to standard output', async () => {
    const { code, stdout, stderr } = await cli([...greet, '--file', `${file('raw.bin')}=in/raw.bin`], {
      input,
    });
    expect([code, JSON.parse(stdout)]).toEqual([0, { text: 'Hello Ada!' }]);
    expect(stderr).toMatch(/^run [0-9a-f-]{36} {2}Greet\n/);
    for (const part of ['plan of 4 steps', 'done   hello', 'file   out.txt  9 B', '✔ completed after'])
      expect(stderr).toContain(part);
    expect(stderr).not.toContain('\u001b');
    const [run] = (await perdure.client.list({ metadata: { team: 'blue', env: 'test' } })).runs;
    expect(run).toMatchObject({ goal: 'Greet', status: 'completed' });
    const copy = await perdure.client.files.get(run?.id ?? '', 'in/raw.bin');
    expect([...new Uint8Array(await copy.arrayBuffer())]).toEqual([0, 255, 128]);
  });

  test('--json prints the log, one event a line', async () => {
    const file_ = `${file('raw.bin')}=in/raw.bin`;
    const { code, stdout, stderr } = await cli([...greet, '--file', file_, '--json'], { input });
    expect([code, stderr]).toEqual([0, '']);
    const durable = jsonLines(stdout).filter((event) => 'seq' in event);
    expect(durable.map(({ seq }) => seq)).toEqual(durable.map((_, i) => i + 1));
    expect(durable.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'Hello Ada!' } });
  });

  test('the exit code says how it ended', async () => {
    const failed = await cli(['run', 'Fail', '--plan', file('fail.json')]);
    expect(failed.code).toBe(3);
    expect(failed.stdout).toBe('');
    expect(failed.stderr).toMatch(/✖ failed after .*\(step_failed\)/);
    const none = await cli(['runs', 'events', failedId(failed), '--after', '999']);
    expect(none.code).toBe(3);
    const id = await start('wait');
    const following = cli(['runs', 'events', id, '--json']);
    const cancelled = await cli(['runs', 'cancel', id, '--reason', 'enough']);
    expect([cancelled.code, cancelled.stdout]).toEqual([0, `the cancel of ${id} is on its way\n`]);
    const { code, stdout } = await following;
    expect([code, jsonLines(stdout).at(-1)]).toMatchObject([4, { type: 'run.cancelled', reason: 'enough' }]);
  });

  test('one key is one run', async () => {
    const args = ['run', 'Once', '--plan', file('pause.json'), '--idempotency-key', 'once', '--no-follow'];
    const [first, again] = [await cli(args), await cli([...args, '--json'])];
    expect((JSON.parse(again.stdout) as Run).id).toBe(first.stdout.trim());
    const other = await cli(args.with(1, 'Twice'));
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toContain('(idempotency_key_reused)');
  });

  test('Ctrl-C leaves the run running, and says how to come back to it, each time', async () => {
    const program = path.resolve(import.meta.dirname, '../../scripts/perdure.mjs');
    const interrupted = async (args: readonly string[]): Promise<string> => {
      const child = spawn(process.execPath, [program, ...args], {
        env: { ...process.env, PERDURE_URL: perdure.url },
      });
      let said = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      await expect.poll(() => said + stderr).toContain('start');
      child.kill('SIGINT');
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code).toBe(130);
      return /the run goes on: perdure runs events (\S+)\n$/.exec(stderr)?.[1] ?? '';
    };
    const id = await interrupted(['run', 'Leave', '--plan', file('wait.json'), '--follow']);
    expect(await interrupted(['runs', 'events', id])).toBe(id);
    expect((await perdure.client.get(id)).status).toBe('running');
    await perdure.client.cancel(id);
  });

  test.skipIf(!existsSync('/usr/bin/script') || process.platform !== 'linux')(
    'at a terminal the plan is painted in place, and the cursor comes back',
    async () => {
      const program = path.resolve(import.meta.dirname, '../../scripts/perdure.mjs');
      const command = `stty rows 30 cols 80; '${process.execPath}' '${program}' run Paint --plan '${file('pause.json')}'`;
      const child = spawn('script', ['-qec', command, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm-256color', PERDURE_URL: perdure.url },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let screen = '';
      child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      expect(code, screen).toBe(0);
      expect(screen).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏].* short .*Take a breath/);
      expect(screen).toContain('\u001b[2A\u001b[J');
      expect(screen).toMatch(/✔.* short .* s.*Take a breath/);
      expect(screen.lastIndexOf('\u001b[?25h')).toBeGreaterThan(screen.lastIndexOf('\u001b[?25l'));
      expect(screen.lastIndexOf('\u001b[?7h')).toBeGreaterThan(screen.lastIndexOf('\u001b[?7l'));
    },
  );
});

describe('runs', () => {
  test('ls shows the newest first, as many as asked for, and only those that fit', async () => {
    const ids = [await start('pause'), await start('pause')];
    const two = await cli(['runs', 'ls', '--limit', '2', '--json']);
    expect((JSON.parse(two.stdout) as Run[]).map(({ id }) => id)).toEqual(ids.toReversed());
    const table = await cli(['runs', 'ls', '--status', 'failed']);
    expect(table.stdout).toMatch(
      /^ID +STATUS +CREATED +TOOK +STEPS +GOAL\n(?:[0-9a-f-]{36} {2}failed .*\n)+$/,
    );
    expect((await cli(['runs', 'ls', '--limit', '0'])).stdout.split('\n')).toHaveLength(2);
  });

  test('show and events', async () => {
    const id = await start('pause');
    const events = await cli(['runs', 'events', id]);
    expect([events.code, events.stderr]).toEqual([0, '']);
    expect(events.stdout).toMatch(
      /run\.queued\n(?:.*\n)*.* start {2}short {2}Take a breath\n(?:.*\n)*.* run\.completed\n$/,
    );
    const rest = await cli(['runs', 'events', id, '--after', '4', '--no-follow', '--json']);
    expect(jsonLines(rest.stdout)[0]?.seq).toBe(5);
    expect((await cli(['runs', 'events', id, '--after', '99', '--no-follow'])).stdout).toBe('');
    const shown = await cli(['runs', 'show', id]);
    expect(shown.stdout).toMatch(/status +completed\n/);
    const json = JSON.parse((await cli(['runs', 'show', id, '--json'])).stdout) as Run;
    expect(json).toEqual(await perdure.client.get(id));
  });

  test('events of a run that goes on, without following, are those that are there', async () => {
    const id = await start('wait');
    const { code, stdout } = await cli(['runs', 'events', id, '--no-follow', '--json']);
    expect(code).toBe(0);
    expect(jsonLines(stdout)[0]?.type).toBe('run.queued');
    await perdure.client.cancel(id);
  });
});

test('files go there and back as they are', async () => {
  const id = await start('wait');
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  await writeFile(file('big.bin'), bytes);
  expect((await cli(['files', 'put', id, file('big.bin'), 'in/big 1.bin'])).stdout).toBe(
    'in/big 1.bin  300 kB\n',
  );
  const piped = await cli(['files', 'put', id, '-', 'piped.txt', '--json'], { input: 'from a pipe' });
  expect(JSON.parse(piped.stdout)).toMatchObject({ path: 'piped.txt', bytes: 11 });
  expect((await cli(['files', 'put', id, '-'])).code).toBe(2);
  expect((await cli(['files', 'ls', id])).stdout).toMatch(
    /^PATH +SIZE +MODIFIED\nin\/big 1.bin +300 kB .*\npiped.txt +11 B .*\n$/,
  );
  expect((await cli(['files', 'get', id, 'piped.txt'])).stdout).toBe('from a pipe');
  expect((await cli(['files', 'get', id, 'in/big 1.bin', '-o', file('got.bin')])).code).toBe(0);
  expect((await readFile(file('got.bin'))).equals(bytes)).toBe(true);
  expect((await cli(['files', 'rm', id, 'piped.txt'])).code).toBe(0);
  const gone = await cli(['files', 'get', id, 'piped.txt', '-o', file('kept.txt')]);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('(file_not_found)')]);
  expect((await readdir(folder)).filter((name) => name.includes('kept'))).toEqual([]);
  await perdure.client.cancel(id);
});

test('tools', async () => {
  expect((await cli(['tools', 'ls'])).stdout).toMatch(
    /^NAME +EFFECT +LIMIT +DOES\necho +read +10 s +Returns/,
  );
  const tools = JSON.parse((await cli(['tools', 'ls', '--json'])).stdout) as { name: string }[];
  expect(tools.map(({ name }) => name)).toContain('sql');
});

describe('what goes wrong is told in a sentence, with a code', () => {
  test.each([
    ['a file that is not there', ['run', 'g', '--plan', 'nowhere.json'], 2, /ENOENT.*nowhere.json/],
    ['a plan that is no JSON', ['run', 'g', '--plan', import.meta.filename], 2, /cli.test.ts is not JSON/],
    ['data that is no JSON', ['run', 'g', '--data', '{'], 2, /--data is not JSON/],
    ['metadata without a name', ['run', 'g', '--metadata', 'x'], 2, /name=value/],
    ['no goal', ['run'], 2, /missing required argument 'goal'/],
    ['an unknown status', ['runs', 'ls', '--status', 'sleeping'], 2, /queued, running/],
    ['an unknown run', ['runs', 'show', 'nope'], 1, /there is no run "nope"/],
    ['a goal without a plan', ['run', 'g'], 1, /\(model_not_configured\)/],
    ['a path that leads elsewhere', ['files', 'get', 'x', '../../y'], 1, /\(invalid_path\)/],
    ['a moment that is none', ['runs', 'ls', '--created-after', 'noon'], 1, /createdAfter/],
  ])('%s', async (_, args, code, words) => {
    const outcome = await cli(args);
    expect(outcome.stderr).toMatch(words);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
  });

  test('a server that is away', async () => {
    const { code, stderr } = await cli(['runs', 'ls'], { env: { PERDURE_URL: 'http://127.0.0.1:9' } });
    expect(code).toBe(5);
    expect(stderr).toMatch(/^perdure: http:\/\/127\.0\.0\.1:9 cannot be reached: .*PERDURE_URL/);
  });

  test('a reader that has enough is no error', async () => {
    const id = await start('pause');
    const program = path.resolve(import.meta.dirname, '../../scripts/perdure.mjs');
    const command = `set -o pipefail; '${process.execPath}' '${program}' runs events ${id} | head -n 1`;
    const child = spawn('bash', ['-c', command], { env: { ...process.env, PERDURE_URL: perdure.url } });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect([code, stderr]).toEqual([0, '']);
  });
});
