/**
 * Workers of tools as processes of their own: what they are given and what they are refused, that nothing of what their
 * image lacks is loaded, and what happens while there is none, or while one is killed in the middle of a call.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { SubmitRun } from '../../contracts/runs.js';
import type { System } from '../../contracts/system.js';
import { ensureBuilt } from '../../scripts/build.mjs';
import { packages, parts } from '../../scripts/tool-image.mjs';
import { createClient, type Client } from '../../src/client/client.js';
import { startHoldingServer, type HoldingServer } from '../faults/support/holding-server.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { endProcess, startBuilt, startProcess, type FleetProcess } from './support/fleet.js';
import { runCommand } from './support/perdure-process.js';

const missing = await missingBackEnds();
if (missing !== null) console.warn(`Workers of tools are not tested: ${missing}`);

const root = path.resolve(import.meta.dirname, '../..');
const SECRET = 'a-canary-of-the-tool-workers';
const encryptionKeys = `first=${randomBytes(32).toString('base64')}`;
const METRICS_TOKEN = 'a-token-that-reads-metrics';
const MODEL_KEY = 'sk-a-canary-of-the-workers';

/** Own tools, as an operator's: one that tells all that it can see of its process, and one that cannot be undone. */
const ownTools = `
import { defineTool, z } from 'perdure/tools';
export default [
  defineTool({
    name: 'look_around', description: 'tells what is in its process', effect: 'read', timeoutSeconds: 30,
    args: z.strictObject({ token: z.string() }),
    execute: async ({ token }) => ({ output: { pid: process.pid, settings: Object.keys(process.env), length: token.length } }),
  }),
  defineTool({
    name: 'fire', description: 'cannot be undone', effect: 'irreversible', timeoutSeconds: 60,
    args: z.strictObject({ url: z.string() }),
    execute: async ({ url }, { signal }) => ({ output: await (await fetch(url, { signal })).json() }),
  }),
];
`;

describe.skipIf(missing !== null)('workers of tools', () => {
  let backEnds: BackEnds;
  let held: HoldingServer;
  let folder: string;
  let client: Client;
  let api: FleetProcess;
  let worker: FleetProcess;
  let toolWorker: FleetProcess;
  const shared = (): Record<string, string> => ({
    PERDURE_TOOL_TASK_QUEUE: 'perdure-tools',
    PERDURE_TOOLS_DIR: folder,
    PERDURE_HTTP_ALLOW: held.host,
    PERDURE_METRICS_TOKEN: METRICS_TOKEN,
    // What goes through Temporal is sealed on one side of the queue and opened on the other.
    PERDURE_ENCRYPTION_KEYS: encryptionKeys,
  });
  /** All that one is given. */
  const ofTools = (): Record<string, string> => {
    const { TEMPORAL_ADDRESS, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = backEnds.env;
    const given = { TEMPORAL_ADDRESS, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
    return {
      ...shared(),
      ...(given as Record<string, string>),
      PERDURE_WORKER_ROLE: 'tools',
      PERDURE_SECRET_GITHUB: SECRET,
      PERDURE_WORKER_PORT: '0',
      // Whatever its image lacks is not to be had here either.
      NODE_OPTIONS: `--import ${path.join(folder, 'without.mjs')}`,
    };
  };
  const startToolWorker = async (): Promise<void> => {
    toolWorker = await startProcess(
      'worker',
      { NODE_ENV: 'production', ...ofTools() },
      '"the worker of tools has started"',
      'scripts/built.mjs',
    );
  };

  beforeAll(async () => {
    await ensureBuilt(root);
    folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-tools-'));
    await writeFile(path.join(folder, 'own.tool.mjs'), ownTools);
    await writeFile(
      path.join(folder, 'secrets.yaml'),
      'secrets:\n  github:\n    hosts: [api.github.com]\n    tools: [look_around.token]\n',
    );
    await writeFile(path.join(folder, 'without.mjs'), refusing([...packages], [...parts]));
    backEnds = await startBackEnds();
    held = await startHoldingServer();
    const env = { ...backEnds.env, ...shared() };
    [api, worker] = await Promise.all([
      startBuilt('api', env),
      startBuilt('worker', {
        ...env,
        DATABASE_URL: backEnds.supabase.databaseUrl,
        OPENAI_API_KEY: MODEL_KEY,
        PERDURE_WORKER_PORT: '0',
      }),
    ]);
    client = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token });
  }, 600_000);
  afterAll(async () => {
    await Promise.all([api, worker, toolWorker].map((process) => endProcess(process, 'SIGKILL')));
    await held.close();
    await backEnds.release();
    await rm(folder, { recursive: true });
  });

  const submission = (tool: string, args: object): SubmitRun =>
    ({ goal: tool, plan: { steps: [{ id: 'work', tool, args }] }, approvals: 'never' }) as SubmitRun;
  async function follow(id: string): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const event of client.events(id)) if ('seq' in event) events.push(event);
    return events;
  }
  const system = async (): Promise<System> => {
    const answer = await fetch(`http://127.0.0.1:${api.port}/v1/system`, {
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    });
    return (await answer.json()) as System;
  };
  const queuePollers = async (): Promise<string | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${api.port}/metrics`, {
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    });
    return /^perdure_task_queue_pollers\{task_queue="perdure-tools",type="activities"\} (\d+)$/m.exec(
      await answer.text(),
    )?.[1];
  };

  test('with none, the submission, readiness, why, doctor and metrics say so; with one the run goes on', async () => {
    let warning: string | null = null;
    const run = await client.submit(submission('look_around', { token: '{{secrets.github}}' }), {
      onResponse: ({ headers }) => {
        warning = headers.get('perdure-warning');
      },
    });
    expect(warning).toBe('no_tool_worker_polling');
    await expect
      .poll(async () => (await client.why(run.id)).sentence, { timeout: 30_000 })
      .toMatch(
        /^No worker polls the task queue of tools "perdure-tools": .* step "work" \(look_around\) has/,
      );
    const readiness = (await (await fetch(`http://127.0.0.1:${api.port}/readyz`)).json()) as {
      ready: boolean;
      parts: { name: string }[];
    };
    expect(readiness.ready).toBe(true);
    expect(readiness.parts.find(({ name }) => name === 'tool-workers')).toMatchObject({
      degraded: true,
      detail: 'no worker polls the task queue of tools',
    });
    const doctor = await runCommand('perdure doctor --json', {
      ...backEnds.env,
      ...shared(),
      PERDURE_URL: `http://127.0.0.1:${api.port}`,
      PERDURE_TOKEN: backEnds.token,
    });
    expect(doctor.code).toBe(1);
    expect(doctor.output).toContain('no worker polls the task queue of tools \\"perdure-tools\\"');
    expect(await queuePollers()).toBe('0');
    // Its metrics may have been read a moment before the task came.
    await expect
      .poll(async () => (await system()).toolQueue?.activities.backlog, { timeout: 30_000 })
      .toBeGreaterThan(0);

    await startToolWorker();
    const { status, result } = await client.wait(run.id);
    expect(status).toBe('completed');
    const seen = result as { pid: number; settings: string[]; length: number };
    expect(seen.pid).toBe(toolWorker.child.pid);
    // The secret's value was there, and only there.
    expect(seen.length).toBe(SECRET.length);
    for (const name of ['DATABASE_URL', 'SUPABASE_SERVICE_ROLE_KEY', 'OPENAI_API_KEY', 'REDIS_URL'])
      expect(seen.settings).not.toContain(name);
    const environ = (pid: number | undefined): Promise<string> =>
      readFile(`/proc/${pid ?? 0}/environ`, 'utf8');
    const password = new URL(backEnds.supabase.databaseUrl).password;
    const given = await environ(toolWorker.child.pid);
    for (const secret of [password, MODEL_KEY, backEnds.env.SUPABASE_SERVICE_ROLE_KEY ?? ''])
      expect(given).not.toContain(secret);
    expect(await environ(worker.child.pid)).toContain(MODEL_KEY);
    expect(await environ(worker.child.pid)).not.toContain(SECRET);
    expect((await fetch(`http://127.0.0.1:${toolWorker.port}/readyz`)).status).toBe(200);
    await expect.poll(queuePollers, { timeout: 20_000 }).toBe('1');
    const { toolQueue } = await system();
    expect(toolQueue?.name).toBe('perdure-tools');
    expect(toolQueue?.activities.pollers.length).toBeGreaterThan(0);
  }, 180_000);

  test('all kinds of built-in tools run in one that has nothing of what its image lacks', async () => {
    const steps = [
      { id: 'data', tool: 'file_write', args: { path: 'd.csv', content: 'a,b\n1,2\n3,4\n' } },
      {
        id: 'sum',
        tool: 'sql',
        args: { query: 'select sum(a)::int as total from d', tables: { d: 'd.csv' } },
        dependsOn: ['data'],
      },
      {
        id: 'code',
        tool: 'javascript',
        args: { code: 'return data.n * 2', data: { n: 21 } },
      },
      { id: 'get', tool: 'http_fetch', args: { url: held.url('/free') } },
    ];
    held.letGo('/free');
    const { id } = await client.submit({ goal: 'all of them', plan: { steps } });
    expect(await client.wait(id)).toMatchObject({
      status: 'completed',
      result: { code: { value: 42 }, get: { status: 200 }, sum: { rows: [{ total: 4 }] } },
    });
    expect(toolWorker.output()).not.toContain('is not in the image of tools');
  }, 120_000);

  test('killed in the middle of a call: what may be repeated is, of the rest a person is asked', async () => {
    const [read, fire] = await Promise.all([
      client.submit(submission('http_fetch', { url: held.url('/read') })),
      client.submit(submission('fire', { url: held.url('/fire') })),
    ]);
    await Promise.all([held.nthRequest('/read', 1), held.nthRequest('/fire', 1)]);
    await endProcess(toolWorker, 'SIGKILL');
    await startToolWorker();
    await held.nthRequest('/read', 2);
    held.letGo('/read');
    const events = await follow(read.id);
    expect(events.at(-1)?.type).toBe('run.completed');
    expect(events.filter(({ type }) => type === 'step.started')).toHaveLength(2);
    await expect
      .poll(async () => (await client.why(fire.id)).cause, { timeout: 30_000 })
      .toBe('waiting_for_approval');
    expect(held.asked('/fire')).toHaveLength(1);
    await client.cancel(fire.id);
    expect((await follow(fire.id)).find(({ type }) => type === 'step.failed')).toMatchObject({
      error: { code: 'outcome_unknown' },
    });
  }, 120_000);

  test('the worker of runs killed while a call is under way: the call goes on, and is made once', async () => {
    const { id } = await client.submit(submission('fire', { url: held.url('/once') }));
    await held.nthRequest('/once', 1);
    await endProcess(worker, 'SIGKILL');
    held.letGo('/once');
    worker = await startBuilt('worker', {
      ...backEnds.env,
      ...shared(),
      DATABASE_URL: backEnds.supabase.databaseUrl,
      PERDURE_WORKER_PORT: '0',
    });
    expect(await client.wait(id)).toMatchObject({ status: 'completed', result: { ok: true } });
    expect(held.asked('/once')).toHaveLength(1);
  }, 120_000);

  test('asked to end, it hands its call back by its own word', async () => {
    const { id } = await client.submit(submission('http_fetch', { url: held.url('/back') }));
    await held.nthRequest('/back', 1);
    expect(await endProcess(toolWorker, 'SIGTERM')).toBe(0);
    await startToolWorker();
    await held.nthRequest('/back', 2);
    held.letGo('/back');
    const events = await follow(id);
    expect(events.filter(({ type }) => type === 'step.retrying')).toMatchObject([
      { error: { code: 'worker_stopped' } },
    ]);
    expect(events.at(-1)?.type).toBe('run.completed');
  }, 120_000);

  test.each([
    ['the database', 'DATABASE_URL', 'postgres://p:secret-of-it@127.0.0.1/x'],
    ['the service role', 'SUPABASE_SERVICE_ROLE_KEY', 'secret-of-it'],
    ['a key of models', 'OPENAI_API_KEY', 'secret-of-it'],
    ['what signs webhooks', 'PERDURE_WEBHOOK_SECRET', 'secret-of-it-that-is-long-enough-to-be-one'],
  ])(
    'one that is given %s is refused, by name',
    async (_, name, value) => {
      const { code, output } = await runCommand('perdure worker', { ...ofTools(), [name]: value });
      expect(code).toBe(2);
      expect(output).toContain(`must not be given ${name}`);
      expect(output).not.toContain('secret-of-it');
    },
    60_000,
  );
});

/** A module that Node loads first: from then on these are not to be had. */
const refusing = (names: readonly string[], folders: readonly string[]): string => `
import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(`
  const names = ${JSON.stringify(names)};
  const folders = ${JSON.stringify(folders.map((name) => path.join(root, 'dist', name)))};
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context);
    const isGone =
      names.some((name) => found.url.includes('/node_modules/' + name + '/')) ||
      folders.some((folder) => found.url.startsWith('file://' + folder));
    if (isGone) throw new Error(specifier + ' is not in the image of tools');
    return found;
  }
`)}));
`;
