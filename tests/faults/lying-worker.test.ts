/**
 * The failure that perdure was made against: a worker process that is up and takes nothing, because it polls another
 * queue, or because its loop never started. Whoever looks, wherever, is told.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createClient, type Client } from '../../src/client/client.js';
import type { Report } from '../../src/stack/doctor/report.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from '../e2e/support/fleet.js';
import { launch, runCommand } from '../e2e/support/perdure-process.js';
import { startProxy } from '../integration/support/cuttable-proxy.js';

const missing = await missingBackEnds();

describe.skipIf(missing !== null)('a worker that is up and takes nothing', () => {
  let backEnds: BackEnds;
  let api: FleetProcess;
  let client: Client;
  let env: Record<string, string>;

  beforeAll(async () => {
    backEnds = await startBackEnds();
    api = await startApiProcess(backEnds.env);
    const url = `http://127.0.0.1:${api.port}`;
    client = createClient({ baseUrl: url, token: backEnds.token });
    env = { ...backEnds.env, PERDURE_URL: url, PERDURE_TOKEN: backEnds.token };
  }, 600_000);
  afterAll(async () => {
    await endProcess(api, 'SIGTERM');
    await backEnds.release();
  });

  const submit = async (): Promise<{ id: string; warning: string | null }> => {
    const response = await fetch(`${env.PERDURE_URL ?? ''}/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${backEnds.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ goal: 'be taken', plan: { steps: [{ id: 'a', tool: 'echo' }] } }),
    });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    return { id, warning: response.headers.get('perdure-warning') };
  };
  const doctor = async (more = {}): Promise<{ code: number | null; report: Report }> => {
    const { code, output } = await runCommand('perdure doctor --json', { ...env, ...more });
    return { code, report: JSON.parse(output.slice(output.indexOf('{'))) as Report };
  };
  /** All who should say it: the submission's answer, readiness, why, doctor, the API's log. */
  const everybodySaysSo = async (): Promise<void> => {
    const { id, warning } = await submit();
    expect(warning).toBe('no_worker_polling');
    expect(api.output()).toContain('Temporal sees no worker poll the task queue');
    const ready = await fetch(`${env.PERDURE_URL ?? ''}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('no worker polls the task queue');
    await expect
      .poll(async () => (await client.why(id)).sentence, { timeout: 30_000 })
      .toMatch(/^No worker polls the task queue "perdure"/);
    const { code, report } = await doctor();
    expect(code).toBe(1);
    expect(report.healthy).toBe(false);
    const found = (name: string) => report.lines.find((line) => line.name === name);
    expect(found('pollers')).toMatchObject({ state: 'failing' });
    expect(found('server: workers')).toMatchObject({ state: 'failing' });
    expect(found('canary: run')?.detail).toMatch(
      /has not ended after 30 s .*No worker polls the task queue/s,
    );
    expect(found('temporal')).toMatchObject({ state: 'ok' });
    expect(found('records')).toMatchObject({ state: 'ok' });
  };

  test('it polls another queue', { timeout: 300_000 }, async () => {
    const worker = await startWorkerProcess({ ...backEnds.env, PERDURE_TASK_QUEUE: 'perdure-typo' });
    onTestFinished(async () => {
      await endProcess(worker, 'SIGTERM');
    });
    await everybodySaysSo();
    // Outside it is seen which one it polls.
    const { id } = await submit();
    const where = new RegExp(`"perdure-typo" \\(${worker.child.pid}@\\S+\\)`);
    await expect
      .poll(async () => (await client.why(id)).sentence, { timeout: 30_000 })
      .toMatch(new RegExp(`; in this namespace a worker polls ${where.source} instead\\.$`));
    const { report } = await doctor();
    expect(report.lines.find(({ name }) => name === 'pollers')?.detail).toMatch(where);
    // The worker itself sees that there are runs, and that it polls for none of them.
    await expect
      .poll(worker.output, { timeout: 60_000 })
      .toMatch(/\d+ open runs wait at other task queues than \\?"perdure-typo\\?"/);
  });

  test('the database is away, and doctor says so', { timeout: 300_000 }, async () => {
    await backEnds.supabase.stop();
    const { code, report } = await doctor();
    await backEnds.supabase.start();
    expect(code).toBe(1);
    const found = (name: string) => report.lines.find((line) => line.name === name);
    for (const name of ['records', 'server', 'server: store', 'canary: run'])
      expect(found(name), name).toMatchObject({ state: 'failing' });
    expect(found('canary: run')?.detail).toMatch(/^its events cannot be read \(the database did not answer/);
    for (const name of ['temporal', 'workspace', 'bus', 'server: engine'])
      expect(found(name), name).toMatchObject({ state: 'ok' });
  });

  test('Temporal is away from where doctor is asked, and it says so', { timeout: 300_000 }, async () => {
    const { code, report } = await doctor({ TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(code).toBe(1);
    const found = (name: string) => report.lines.find((line) => line.name === name);
    for (const name of ['temporal', 'pollers']) expect(found(name), name).toMatchObject({ state: 'failing' });
    for (const name of ['records', 'workspace', 'bus', 'server: engine', 'canary: submit'])
      expect(found(name), name).toMatchObject({ state: 'ok' });
  });

  test('its loop never started', { timeout: 300_000 }, async () => {
    const [host = '', port] = backEnds.temporal.address.split(':');
    const line = await startProxy({ host, port: Number(port) });
    const worker = launch('perdure worker', {
      ...backEnds.env,
      TEMPORAL_ADDRESS: `127.0.0.1:${line.port}`,
      PERDURE_WORKER_PORT: '0',
    });
    onTestFinished(async () => {
      worker.child.kill('SIGKILL');
      await line.close();
    });
    // Temporal answered once, and is gone by the time the worker makes its own connection to poll by.
    await expect.poll(worker.output, { timeout: 60_000 }).toMatch(/temporal\s+ok/);
    line.cut();
    await expect
      .poll(worker.output, { timeout: 60_000 })
      .toMatch(/"level":"error".*(?:is built anew|Temporal did not answer)/);
    const probes = /probes at (http:\/\/[^"]+)/.exec(worker.output())?.[1] ?? '';
    expect((await fetch(`${probes}/healthz`)).status).toBe(200);
    for (const path of ['startupz', 'readyz']) expect((await fetch(`${probes}/${path}`)).status).toBe(503);
    await everybodySaysSo();
    // It begins by itself once it can.
    line.mend();
    await expect
      .poll(async () => (await fetch(`${probes}/readyz`)).status, { timeout: 90_000, interval: 500 })
      .toBe(200);
    const { id } = await submit();
    expect((await client.wait(id)).status).toBe('completed');
    const { code, report } = await doctor();
    expect(report.lines.filter(({ state }) => state === 'failing')).toEqual([]);
    expect(code).toBe(0);
    expect(report.lines.filter(({ name, ms }) => name.startsWith('canary: ') && ms !== null).length).toBe(6);
  });
});
