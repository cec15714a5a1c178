/** `why` of runs whose workflow code fails, in each of the ways it can. The other causes are in why.test.ts. */
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Why, WhyCause } from '../../contracts/why.js';
import { createClient, type Client, type Run } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from '../e2e/support/fleet.js';

const missing = await missingBackEnds();

describe.skipIf(missing !== null)('why, of workflow code that fails', () => {
  let backEnds: BackEnds;
  let api: FleetProcess;
  let client: Client;

  beforeAll(async () => {
    Runtime.install({
      logger: new DefaultLogger('ERROR', () => undefined),
      // As perdure's workers have it.
      workerHeartbeatInterval: '5s',
    });
    backEnds = await startBackEnds();
    api = await startApiProcess(backEnds.env);
    client = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token });
  }, 600_000);
  afterAll(async () => {
    await endProcess(api, 'SIGTERM');
    await backEnds.release();
  });

  const submit = (goal: string): Promise<Run> =>
    client.submit({ goal, plan: { steps: [{ id: 'nap', tool: 'wait', args: { seconds: 3_600 } }] } });
  /** @param file the workflow of a build that is at work until the end of `act` */
  const withBuild = async (file: string, act: () => Promise<void>): Promise<void> => {
    const connection = await NativeConnection.connect({ address: backEnds.temporal.address });
    const worker = await Worker.create({
      connection,
      taskQueue: 'perdure',
      workflowsPath: path.join(import.meta.dirname, 'support', file),
    });
    await worker.runUntil(act);
    await connection.close();
  };
  const codeOfChange = async ({ id }: Run): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${api.port}/v1/runs/${id}/plan`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${backEnds.token}`,
        'content-type': 'application/json',
        'if-match': '*',
      },
      body: JSON.stringify({ steps: [{ id: 'more', tool: 'echo', args: {} }] }),
    });
    expect(answer.status).toBe(503);
    return ((await answer.json()) as { code: string }).code;
  };
  const why = async (run: Run, cause: WhyCause): Promise<Why> => {
    let last: Why | undefined;
    await expect
      .poll(async () => (last = await client.why(run.id)).cause, { timeout: 60_000, interval: 200 })
      .toBe(cause);
    if (last === undefined) throw new Error('never asked');
    console.log(`${cause}: ${last.sentence}`);
    return last;
  };
  const startWorker = async (): Promise<FleetProcess> => {
    const worker = await startWorkerProcess(backEnds.env);
    onTestFinished(async () => {
      await endProcess(worker, 'SIGKILL');
    });
    return worker;
  };
  /** With the code that fits, it goes on by itself. */
  const expectItGoesOn = async (run: Run): Promise<void> => {
    await client.cancel(run.id);
    await startWorker();
    expect((await client.wait(run.id)).status).toBe('cancelled');
  };

  test('it does not fit the history', { timeout: 180_000 }, async () => {
    const worker = await startWorker();
    const run = await submit('change');
    await why(run, 'timer');
    await endProcess(worker, 'SIGKILL');
    await withBuild('changed-workflow.ts', async () => {
      await client.cancel(run.id);
      const failing = await why(run, 'workflow_task_failing');
      expect(failing.state).toBe('stuck');
      expect(failing.sentence).toMatch(
        /^The run’s workflow code fails in every workflow task \(non deterministic error\): .*Nondeterminism/i,
      );
      expect(failing.whatToDo).toContain('perdure replay');
      // From the third attempt on Temporal takes no update of it.
      const attempts = async () =>
        Number(/attempt (\d+)/.exec((await client.why(run.id)).sentence)?.[1] ?? 0);
      await expect.poll(attempts, { timeout: 60_000, interval: 500 }).toBeGreaterThan(4);
      expect(await codeOfChange(run)).toBe('decision_pending');
    });
    await expectItGoesOn(run);
  });

  test('it does not come to an end', { timeout: 180_000 }, async () => {
    const run = await submit('spin');
    await withBuild('spinning-workflow.ts', async () => {
      const failing = await why(run, 'workflow_task_failing');
      expect(failing.state).toBe('stuck');
      expect(failing.sentence).toMatch(
        /^The worker \S+ took the run’s workflow task and did not answer within its time: /,
      );
      // What it tells Temporal beside shows that the process lives.
      await expect
        .poll(async () => (await client.why(run.id)).sentence, { timeout: 60_000, interval: 500 })
        .toMatch(/the process lives \(.*\), so the workflow’s code does not come to an end; attempt \d+ /);
    });
    await expectItGoesOn(run);
  });

  test('it sends more than Temporal takes', { timeout: 180_000 }, async () => {
    const run = await submit('6000000');
    await withBuild('oversized-workflow.ts', async () => {
      const failing = await why(run, 'workflow_task_failing');
      expect(failing.state).toBe('stuck');
      expect(failing.sentence).toMatch(
        /^The run’s workflow code fails in every workflow task \(grpc message too large\): GRPC Message too large; attempt/,
      );
    });
    await expectItGoesOn(run);
  });

  test(
    'it sends a value that is larger than Temporal takes, which ends it',
    { timeout: 180_000 },
    async () => {
      const run = await submit('3000000');
      await withBuild('oversized-workflow.ts', async () => {
        const gone = await why(run, 'workflow_gone');
        expect(gone.sentence).toMatch(
          /^The run is open by its record, but its workflow is terminated: .*Input exceeds size limit\.$/,
        );
      });
    },
  );
});
