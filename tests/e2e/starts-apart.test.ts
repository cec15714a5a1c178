/**
 * How API and worker processes start over back ends of production's kind: what refuses the start and says why, what is
 * waited for, and that no secret is ever printed.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSupabase } from '../../src/adapters/supabase/testing/supabase.js';
import { createClient } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from './support/fleet.js';
import { launch, runCommand, temporaryDirectory } from './support/perdure-process.js';
import { startTlsFront } from './support/tls-front.js';

const missing = await missingBackEnds();
if (missing !== null) console.warn(`Starts of processes apart are not tested: ${missing}`);

describe.skipIf(missing !== null)('processes apart', () => {
  let backEnds: BackEnds;
  let place: { directory: string; remove: () => Promise<void> };
  const running: FleetProcess[] = [];
  beforeAll(async () => {
    backEnds = await startBackEnds();
    place = await temporaryDirectory();
  }, 600_000);
  afterAll(async () => {
    await Promise.all(running.map((process) => endProcess(process, 'SIGKILL')));
    await place.remove();
    await backEnds.release();
  });

  /** As they stand in the settings, and as parts of addresses. */
  const secrets = (): string[] => {
    const { env, supabase } = backEnds;
    const passwords = [env.REDIS_URL, supabase.databaseUrl].map((url) => new URL(url ?? '').password);
    return [
      ...passwords,
      ...passwords.map(decodeURIComponent),
      env.SUPABASE_SERVICE_ROLE_KEY ?? '',
      env.S3_SECRET_ACCESS_KEY ?? '',
      'a-wrong-secret',
    ];
  };
  const expectNoSecrets = (output: string): void => {
    for (const secret of secrets()) expect(output).not.toContain(secret);
  };

  async function started(process: Promise<FleetProcess>): Promise<FleetProcess> {
    const now = await process;
    running.push(now);
    return now;
  }
  const hello = { goal: 'hello', plan: { steps: [{ id: 'a', tool: 'echo', args: { said: 'hello' } }] } };
  const clientOf = ({ port }: FleetProcess) =>
    createClient({ baseUrl: `http://127.0.0.1:${port}`, token: backEnds.token });

  async function expectRunCompletes(api: FleetProcess): Promise<void> {
    const client = clientOf(api);
    const run = await client.wait((await client.submit(hello)).id);
    expect(run).toMatchObject({ status: 'completed', result: { said: 'hello' } });
  }

  type Settings = Record<string, string>;
  const without = (env: Settings, ...names: string[]): Settings =>
    Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
  const withPassword = (url: string | undefined, password: string): string => {
    const changed = new URL(url ?? '');
    changed.password = password;
    return changed.href;
  };

  const refusals: [what: string, command: string, change: (env: Settings) => Settings, says: RegExp][] = [
    [
      'nothing that processes share',
      'perdure api',
      () => ({}),
      /perdure api needs .*TEMPORAL_ADDRESS; DATABASE_URL, or SUPABASE_URL .*S3_BUCKET .*REDIS_URL/s,
    ],
    ['no Redis', 'perdure worker', (env) => without(env, 'REDIS_URL', 'REDIS_CA_FILE'), /REDIS_URL/],
    ['a port that is none', 'perdure api', (env) => ({ ...env, PORT: 'http' }), /PORT must be a port number/],
    [
      'a bucket that is not there',
      'perdure worker',
      (env) => ({ ...env, S3_BUCKET: 'another-bucket' }),
      /workspace cannot be used: bucket another-bucket .*S3_BUCKET/,
    ],
    [
      'a wrong key of S3',
      'perdure api',
      (env) => ({ ...env, S3_SECRET_ACCESS_KEY: 'a-wrong-secret' }),
      /workspace cannot be used: .*S3_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY)/,
    ],
    [
      'a wrong password of Redis',
      'perdure worker',
      (env) => ({ ...env, REDIS_URL: withPassword(env.REDIS_URL, 'a-wrong-secret') }),
      /bus cannot be used: .*refuses the user or the password of REDIS_URL/,
    ],
    [
      'an authority that Redis is not from',
      'perdure worker',
      (env) => without(env, 'REDIS_CA_FILE'),
      /bus cannot be used: .*REDIS_CA_FILE names another/,
    ],
    [
      'a file of an authority that is not there',
      'perdure worker',
      (env) => ({ ...env, REDIS_CA_FILE: '/nowhere/ca.pem' }),
      /REDIS_CA_FILE cannot be used: .*nowhere/,
    ],
    [
      'a wrong key of Supabase',
      'perdure api',
      (env) => ({ ...env, SUPABASE_SERVICE_ROLE_KEY: 'a-wrong-secret' }),
      /records cannot be used: .*SUPABASE_SERVICE_ROLE_KEY/,
    ],
    [
      'a wrong password of Postgres',
      'perdure worker',
      (env) => ({ ...env, DATABASE_URL: withPassword(backEnds.supabase.databaseUrl, 'a-wrong-secret') }),
      /records cannot be used: .*DATABASE_URL/,
    ],
    [
      'a namespace that is not there',
      'perdure worker',
      (env) => ({ ...env, TEMPORAL_NAMESPACE: 'elsewhere' }),
      /temporal cannot be used: .*TEMPORAL_NAMESPACE/,
    ],
    [
      'no sign-in over shared records',
      'perdure api',
      (env) => ({ ...env, PERDURE_SIGN_IN: 'none' }),
      /PERDURE_SIGN_IN is none, but the records are shared/,
    ],
    [
      'no sign-in where others can reach it',
      'start',
      () => ({ PERDURE_HOST: '0.0.0.0' }),
      /PERDURE_HOST is "0.0.0.0", which others can reach, and no sign-in is configured/,
    ],
    [
      'a secret told twice',
      'perdure api',
      (env) => ({ ...env, REDIS_URL_FILE: '/run/secrets/redis' }),
      /REDIS_URL and REDIS_URL_FILE are both set/,
    ],
  ];
  test.each(refusals)(
    '%s: %s ends at once with exit code 2 and says so',
    async (_, command, change, says) => {
      const env = { PERDURE_DATA_DIR: path.join(place.directory, 'refused'), ...change(backEnds.env) };
      const { code, output } = await runCommand(command, env);
      expect(output).toMatch(says);
      expect(output).not.toContain('this is a defect');
      expect(code).toBe(2);
      expectNoSecrets(output);
    },
  );

  test('a database without the migrations is waited for, and the way out is named', async () => {
    const supabase = await startSupabase({ migrated: false });
    try {
      const env = {
        ...backEnds.env,
        SUPABASE_URL: supabase.url,
        SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
        PERDURE_START_SECONDS: '3',
      };
      const { code, output } = await runCommand('perdure worker', env);
      expect(output).toMatch(/records was away for 3 seconds: .*perdure migrate/);
      expect(code).toBe(1);

      // Migrated meanwhile, it starts.
      const waiting = launch('perdure worker', { ...env, PERDURE_START_SECONDS: '60' });
      await expect.poll(waiting.output, { timeout: 30_000 }).toContain('waiting for records');
      const migrated = await runCommand('perdure migrate', { DATABASE_URL: supabase.databaseUrl });
      expect(migrated.code, migrated.output).toBe(0);
      await expect.poll(waiting.output, { timeout: 30_000 }).toContain('the worker has started');
      await endProcess({ child: waiting.child, output: waiting.output, port: 0 }, 'SIGTERM');
    } finally {
      await supabase.release();
    }
  }, 180_000);

  test('back ends that are away at the start are named by the probes, and waited for', async () => {
    const { supabase, s3, redis, env } = backEnds;
    await Promise.all([supabase.stop(), s3.stop(), redis.stop()]);
    const starting = [
      launch('perdure worker', { ...env, PERDURE_WORKER_PORT: '0' }),
      launch('perdure api', env),
    ] as const;
    const [worker, api] = starting.map(({ child, output }) => ({ child, output, port: 0 }));
    if (worker === undefined || api === undefined) throw new Error('both were launched');
    running.push(worker, api);
    const portOf = async ({ output }: FleetProcess, says: RegExp): Promise<string> => {
      await expect.poll(output, { timeout: 30_000 }).toMatch(says);
      return says.exec(output())?.[1] ?? '';
    };
    const probes = `http://127.0.0.1:${await portOf(worker, /probes at http:\/\/[^:"]+:(\d+)/)}`;
    const url = `http://127.0.0.1:${await portOf(api, /listens at http:\/\/[^:"]+:(\d+)/)}`;
    await expect
      .poll(async () => (await fetch(`${probes}/startupz`)).json(), { timeout: 30_000 })
      .toMatchObject({
        started: false,
        parts: [
          { name: 'temporal', state: 'ok' },
          { name: 'records', state: 'failing' },
          { name: 'workspace', state: 'failing' },
          { name: 'bus', state: 'failing' },
          { name: 'sandbox', state: 'ok' },
        ],
      });
    expect((await fetch(`${probes}/healthz`)).status).toBe(200);
    expect((await fetch(`${probes}/readyz`)).status).toBe(503);
    // It lives, and says what it is not ready for.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const readiness = await fetch(`${url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ ready: false });

    await Promise.all([supabase.start(), s3.start(), redis.start()]);
    await expect.poll(worker.output, { timeout: 60_000 }).toContain('the worker has started');
    await expect.poll(api.output, { timeout: 60_000 }).toContain('the API is ready');
    await expect.poll(async () => (await fetch(`${probes}/readyz`)).status, { timeout: 30_000 }).toBe(200);
    await expectRunCompletes({ ...api, port: Number(new URL(url).port) });
    expect(await endProcess(worker, 'SIGTERM')).toBe(0);
    expect(await endProcess(api, 'SIGTERM')).toBe(0);
    for (const { output } of [worker, api]) expectNoSecrets(output());
  }, 240_000);

  test('secrets from files; no worker is told at the submission, and the run moves when one comes', async () => {
    const names = ['SUPABASE_SERVICE_ROLE_KEY', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'REDIS_URL'];
    const files: Settings = {};
    for (const name of names) {
      files[`${name}_FILE`] = path.join(place.directory, name);
      // As an editor leaves it.
      await writeFile(path.join(place.directory, name), `${backEnds.env[name] ?? ''}\n`);
    }
    const env = {
      ...without(backEnds.env, ...names),
      ...files,
      PERDURE_TASK_QUEUE: 'of-its-own',
      LOG_LEVEL: 'debug',
    };
    const api = await started(startApiProcess(env));
    const ready = await fetch(`http://127.0.0.1:${api.port}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { ready: false, workers: { pollers: 0 } },
    ]);
    const submitted = await fetch(`http://127.0.0.1:${api.port}/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${backEnds.token}` },
      body: JSON.stringify(hello),
    });
    expect([submitted.status, submitted.headers.get('perdure-warning')]).toEqual([202, 'no_worker_polling']);
    const { id } = (await submitted.json()) as { id: string };
    const worker = await started(startWorkerProcess(env));
    expect(await clientOf(api).wait(id)).toMatchObject({ status: 'completed' });
    expect(await endProcess(worker, 'SIGTERM')).toBe(0);
    expect(await endProcess(api, 'SIGTERM')).toBe(0);
    for (const { output } of [api, worker]) {
      expectNoSecrets(output());
      expect(output()).not.toContain(backEnds.token);
    }
  }, 180_000);

  test('a Temporal behind TLS', async () => {
    const [host, port] = backEnds.temporal.address.split(':');
    const front = await startTlsFront({ host: host ?? '', port: Number(port) }, place.directory);
    try {
      const env = {
        ...backEnds.env,
        TEMPORAL_ADDRESS: `127.0.0.1:${front.port}`,
        TEMPORAL_TLS_CA_FILE: front.caFile,
        TEMPORAL_TLS_SERVER_NAME: 'localhost',
        PERDURE_TASK_QUEUE: 'by-tls',
      };
      const api = await started(startApiProcess(env));
      const worker = await started(startWorkerProcess(env));
      await expectRunCompletes(api);
      expect(await endProcess(worker, 'SIGTERM')).toBe(0);
      expect(await endProcess(api, 'SIGTERM')).toBe(0);

      const { code, output } = await runCommand('perdure worker', {
        ...without(env, 'TEMPORAL_TLS_CA_FILE'),
        TEMPORAL_TLS: 'true',
        PERDURE_START_SECONDS: '2',
      });
      expect(output).toMatch(/temporal was away for 2 seconds/);
      expect(code).toBe(1);
    } finally {
      await front.close();
    }
  }, 180_000);
});
