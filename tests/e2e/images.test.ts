/**
 * The images as they were built, where PERDURE_TEST_IMAGES names a folder with their root file systems unpacked (api, worker,
 * tools; deploy/README.md, Images): on Linux, as root, without an engine for containers. Over real back ends.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { endProcess, type FleetProcess } from './support/fleet.js';
import { runInImage, startInImage, type Image } from './support/image-process.js';
import { runCommand } from './support/perdure-process.js';

const folder = process.env.PERDURE_TEST_IMAGES;
const missing =
  folder === undefined
    ? 'PERDURE_TEST_IMAGES names no folder of unpacked images'
    : process.getuid?.() === 0
      ? await missingBackEnds()
      : 'they are entered as root only';
if (missing !== null) console.warn(`Images are not tested: ${missing}`);

/** As the Dockerfile has them, but for ports, of which there is one for each process here. */
const OF_ALL = { NODE_ENV: 'production', PERDURE_DATA_DIR: '/tmp/perdure', PERDURE_HOST: '0.0.0.0' };
const OF_TOOLS = { PERDURE_WORKER_ROLE: 'tools', PERDURE_TOOL_TASK_QUEUE: 'perdure-tools' };

describe.skipIf(missing !== null)('images', () => {
  let backEnds: BackEnds;
  let images: Record<'api' | 'worker' | 'tools', Image>;
  const processes: FleetProcess[] = [];
  const start = async (kind: keyof typeof images, command: string, ready: string): Promise<FleetProcess> => {
    const started = await startInImage(images[kind], command, ready);
    processes.push(started);
    return started;
  };

  beforeAll(async () => {
    backEnds = await startBackEnds();
    const { TEMPORAL_ADDRESS, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = backEnds.env;
    const stores = { TEMPORAL_ADDRESS, S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY };
    const authority = backEnds.env.REDIS_CA_FILE ?? '';
    const image = (kind: string, env: Readonly<Record<string, string>>): Image => ({
      root: path.join(folder ?? '', kind),
      folder: path.dirname(authority),
      env: { ...OF_ALL, ...env },
    });
    const ofRuns = {
      ...backEnds.env,
      REDIS_CA_FILE: path.join('/mnt', path.basename(authority)),
      PERDURE_TOOL_TASK_QUEUE: OF_TOOLS.PERDURE_TOOL_TASK_QUEUE,
    };
    images = {
      api: image('api', { ...ofRuns, PORT: '0' }),
      worker: image('worker', { ...ofRuns, PERDURE_WORKER_PORT: '0' }),
      tools: image('tools', { ...(stores as Record<string, string>), ...OF_TOOLS, PERDURE_WORKER_PORT: '0' }),
    };
  }, 240_000);
  afterAll(async () => {
    await Promise.all(processes.map((one) => endProcess(one, 'SIGKILL')));
    await backEnds.release();
  }, 60_000);

  test.each(['api', 'worker', 'tools'] as const)('%s writes nothing but /tmp, and is nobody', (kind) => {
    const probe = `
      const { writeFileSync, readFileSync } = require('node:fs');
      const tried = (file) => { try { writeFileSync(file, ''); return 'written'; } catch ({ code }) { return code; } };
      const caps = /CapEff:\\s*(\\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
      console.log(JSON.stringify([process.getuid(), caps, tried('/app/x'), tried('/etc/x'), tried('/tmp/x')]));`;
    const { code, output } = runInImage(images[kind], 'node', '-e', probe);
    expect(output).toBe('[1000,"0000000000000000","EROFS","EROFS","written"]\n');
    expect(code).toBe(0);
  });

  test('the demo runs over them, and each ends on SIGTERM with code 0', async () => {
    const migrated = runInImage(
      { ...images.api, env: { ...images.api.env, DATABASE_URL: backEnds.supabase.databaseUrl } },
      ...['node', 'scripts/built.mjs', 'migrate'],
    );
    expect(migrated.code, migrated.output).toBe(0);
    const [api, worker, tools] = await Promise.all([
      start('api', 'api', '"the API is ready"'),
      start('worker', 'worker', '"the worker has started"'),
      start('tools', 'worker', '"the worker of tools has started"'),
    ]);
    for (const [kind, setting, { port }] of [
      ['api', 'PORT', api],
      ['worker', 'PERDURE_WORKER_PORT', worker],
      ['tools', 'PERDURE_WORKER_PORT', tools],
    ] as const) {
      const image = { ...images[kind], env: { ...images[kind].env, [setting]: String(port) } };
      expect(runInImage(image, 'node', 'scripts/healthcheck.mjs').code, kind).toBe(0);
    }
    const demo = await runCommand('demo', { PORT: String(api.port), PERDURE_TOKEN: backEnds.token });
    expect(demo.code, demo.output).toBe(0);

    const client = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token });
    const run = await client.submit({
      goal: 'a tool of the image of tools',
      plan: { steps: [{ id: 'sum', tool: 'javascript', args: { code: 'return 6 * 7' } }] },
    });
    expect((await client.wait(run.id)).status).toBe('completed');

    for (const one of [api, worker, tools]) expect(await endProcess(one, 'SIGTERM'), one.output()).toBe(0);
  }, 300_000);
});
