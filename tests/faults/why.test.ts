/**
 * For each cause there is: it is made to happen for real, and `why` says so. Workflow code that fails is in
 * why-code.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { whySchema, type Why, type WhyCause } from '../../contracts/why.js';
import { createClient, type Client, type Run, type SubmitRun } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from '../e2e/support/fleet.js';
import { startProxy, type CuttableProxy } from '../integration/support/cuttable-proxy.js';
import { startHoldingServer, type HoldingServer } from './support/holding-server.js';

const missing = await missingBackEnds();
/** A port that refuses. */
const NOBODY = '127.0.0.1:9';

describe.skipIf(missing !== null)('why', () => {
  let backEnds: BackEnds;
  let held: HoldingServer;
  /** The API's way to Temporal. */
  let line: CuttableProxy;
  let api: FleetProcess;
  let client: Client;
  let temporal: TemporalClient;

  beforeAll(async () => {
    [backEnds, held] = [await startBackEnds(), await startHoldingServer()];
    const [host = '', port] = backEnds.temporal.address.split(':');
    line = await startProxy({ host, port: Number(port) });
    api = await startApiProcess({ ...backEnds.env, TEMPORAL_ADDRESS: `127.0.0.1:${line.port}` });
    client = createClient({ baseUrl: `http://127.0.0.1:${api.port}`, token: backEnds.token });
    temporal = new TemporalClient({
      connection: await Connection.connect({ address: backEnds.temporal.address }),
    });
  }, 600_000);
  afterAll(async () => {
    await endProcess(api, 'SIGTERM');
    await temporal.connection.close();
    await line.close();
    await held.close();
    await backEnds.release();
  });

  const startWorker = async (): Promise<FleetProcess> => {
    const allow = `${held.host},${NOBODY}`;
    const worker = await startWorkerProcess({ ...backEnds.env, PERDURE_HTTP_ALLOW: allow });
    onTestFinished(async () => {
      worker.child.kill('SIGCONT');
      await endProcess(worker, 'SIGKILL');
    });
    return worker;
  };
  const submit = (...steps: NonNullable<SubmitRun['plan']>['steps']): Promise<Run> =>
    client.submit({ goal: 'stand still', plan: { steps } });
  const step = (id: string, tool: string, args: object) => ({ id, tool, args: args as never });
  const holdStep = async (url: string): Promise<Run> => {
    const run = await submit(step('held', 'http_fetch', { url: held.url(url) }));
    await held.nthRequest(url, 1);
    return run;
  };

  /** Asks until it is that cause. */
  const why = async (run: Run, cause: WhyCause): Promise<Why> => {
    let last: Why | undefined;
    await expect
      .poll(
        async () => {
          last = whySchema.parse(await client.why(run.id));
          return `${last.cause}: ${last.sentence}`;
        },
        { timeout: 30_000, interval: 200 },
      )
      .toMatch(new RegExp(`^${cause}: `));
    if (last === undefined) throw new Error('never asked');
    expect(last.runId).toBe(run.id);
    expect(last.sentence).toMatch(/^[A-Z\d].*[.?]$/s);
    expect(last.whatToDo).not.toBe('');
    console.log(`${cause}: ${last.sentence}`);
    return last;
  };

  test('no worker has ever polled, and after one was there, who it was', { timeout: 120_000 }, async () => {
    const run = await submit(step('a', 'echo', {}));
    const never = await why(run, 'no_worker_polling');
    expect(never).toMatchObject({ state: 'stuck' });
    expect(never.sentence).toMatch(
      /^No worker polls the task queue "perdure": Temporal has seen none for five minutes, and the run has waited for one for \d+ s\.$/,
    );
    const worker = await startWorker();
    const end = await client.wait(run.id);
    expect(end.status).toBe('completed');
    const ended = await why(run, 'finished');
    expect(ended.state).toBe('ended');
    expect(ended.sentence).toMatch(/^The run has ended \d+ s ago: completed\.$/);

    await endProcess(worker, 'SIGKILL');
    const gone = await why(await submit(step('a', 'echo', {})), 'no_worker_polling');
    expect(gone.sentence).toMatch(
      new RegExp(`the last poll was \\d+ s ago, by ${worker.child.pid}@\\S+, and the run has waited`),
    );
  });

  test('a step runs; then its worker stands still; then nobody is left', { timeout: 120_000 }, async () => {
    const worker = await startWorker();
    const run = await holdStep('/silent');
    const runs = await why(run, 'moving');
    expect(runs.sentence).toMatch(
      new RegExp(`^Step "held" \\(http_fetch\\) has been running for \\d+ s on ${worker.child.pid}@\\S+`),
    );
    worker.child.kill('SIGSTOP');
    const silent = await why(run, 'heartbeat_missing');
    expect(silent.sentence).toMatch(
      new RegExp(
        `^The worker ${worker.child.pid}@\\S+ holds step "held" \\(http_fetch\\) and has not been heard of for \\d+ s; Temporal gives it to another worker after 5 s of silence\\.$`,
      ),
    );
    // While it stands still its connections are open, and Temporal goes on giving it work.
    worker.child.kill('SIGKILL');
    const nobody = await why(run, 'no_worker_polling');
    expect(nobody.sentence).toMatch(/and step "held" \(http_fetch\) has waited for one for/);
    await startWorker();
    await held.nthRequest('/silent', 2);
    held.letGo('/silent');
    expect((await client.wait(run.id)).status).toBe('completed');
  });

  test('an idle worker stands still, takes tasks and answers none', { timeout: 180_000 }, async () => {
    const worker = await startWorker();
    const who = `${worker.child.pid}@\\S+`;
    worker.child.kill('SIGSTOP');
    const run = await submit(step('a', 'echo', {}));
    // Temporal goes on giving it tasks, for as many polls as it had open.
    const seen: string[] = [];
    await expect
      .poll(
        async () => {
          const { cause, sentence } = await client.why(run.id);
          seen.push(sentence);
          return `${cause}: ${sentence}`;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toMatch(
        new RegExp(
          `^no_worker_polling: No worker polls the task queue "perdure": the last poll was .* by ${who}, and the run has waited for one for \\d+ s; the worker ${who} took the task before and did not answer\\.$`,
        ),
      );
    expect(seen.filter((sentence) => sentence.includes('code fails'))).toEqual([]);
    await startWorker();
    expect((await client.wait(run.id)).status).toBe('completed');
  });

  test('the worker that had the run last is gone, and another one polls', { timeout: 180_000 }, async () => {
    const first = await startWorker();
    const runs = [];
    for (let i = 0; i < 5; i += 1) runs.push(await submit(step('nap', 'wait', { seconds: 3_600 })));
    for (const run of runs) await why(run, 'timer');
    await startWorker();
    await endProcess(first, 'SIGKILL');
    // For a few seconds each: one of them is met.
    const seen = [];
    for (const run of runs) {
      await client.cancel(run.id);
      for (let cause = ''; cause !== 'finished';) {
        const told = await client.why(run.id);
        ({ cause } = told);
        seen.push(`${told.state}: ${told.sentence}`);
        await sleep(200);
      }
    }
    expect(seen.join('\n')).toMatch(
      new RegExp(
        `^waiting: The worker ${first.child.pid}@\\S+ had the run last and has not taken its next task for \\d+ s; Temporal gives it to another worker after 5 s\\.$`,
        'm',
      ),
    );
  });

  test('a tool fails and is tried again', { timeout: 120_000 }, async () => {
    await startWorker();
    const run = await submit(step('try', 'http_fetch', { url: `http://${NOBODY}/` }));
    const failed = await why(run, 'attempt_failed');
    expect(failed.sentence).toMatch(
      /^Attempt \d of step "try" \(http_fetch\) failed: ".*ECONNREFUSED.*"; attempt \d of 5 (begins|is under way)/s,
    );
    await client.cancel(run.id);
    const ended = await client.wait(run.id);
    expect(ended.status).toBe('cancelled');
  });

  test('a timer, until when', { timeout: 120_000 }, async () => {
    await startWorker();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const run = await submit(step('nap', 'wait', { until }));
    const waits = await why(run, 'timer');
    expect(waits.state).toBe('waiting');
    const told = /^The run waits for a timer until (\S+), for another \d+ min: .*nap/.exec(
      waits.sentence,
    )?.[1];
    expect(Math.abs(Date.parse(told ?? '') - Date.parse(until))).toBeLessThan(2_000);
    await client.cancel(run.id);
    await client.wait(run.id);
  });

  test('the run of a sub-agent, which has a why of its own', { timeout: 120_000 }, async () => {
    await startWorker();
    const below = { steps: [step('nap', 'wait', { seconds: 3_600 })] };
    const run = await submit(step('part', 'delegate', { goal: 'wait below', plan: below }));
    const waits = await why(run, 'sub_agent');
    expect(waits.state).toBe('waiting');
    const [child] = (await client.list({ parent: run.id })).runs;
    if (child === undefined) throw new Error('there is no run of a sub-agent');
    expect(`${waits.sentence} ${waits.whatToDo}`).toContain(child.id);
    await why({ ...run, id: child.id }, 'timer');
    // It tells the reason of the other one, too.
    await expect
      .poll(async () => (await client.why(run.id)).sentence, { timeout: 30_000 })
      .toMatch(
        /^The run waits for the run of its sub-agent, \S+\. Of that run: The run waits for a timer until /,
      );
    await client.cancel(run.id);
    expect((await client.wait(run.id)).status).toBe('cancelled');
    expect((await client.wait(child.id)).status).toBe('cancelled');
  });

  test('a person paused it', { timeout: 120_000 }, async () => {
    await startWorker();
    const run = await submit(step('nap', 'wait', { seconds: 3_600 }));
    await why(run, 'timer');
    await client.pause(run.id, { reason: 'lunch' });
    const waits = await why(run, 'paused');
    expect(waits.sentence).toMatch(/^The run was paused \d+ s ago by \S*a-person\S*: lunch\.$/);
    await client.cancel(run.id);
    await client.wait(run.id);
  });

  test('a person is asked', { timeout: 120_000 }, async () => {
    await startWorker();
    const run = await submit({ ...step('pay', 'echo', {}), approval: { timeoutSeconds: 3_600 } });
    const waits = await why(run, 'waiting_for_approval');
    expect(waits.sentence).toMatch(
      /^A person’s word is waited for: step "pay" \(echo\) was asked about \d+ s ago; it decides itself at 20/,
    );
    await client.approvals.decide(run.id, 'step-pay', { decision: 'approve' });
    expect(await client.wait(run.id)).toMatchObject({ status: 'completed' });
  });

  test('a person is asked a question; a program outside is to call back', { timeout: 120_000 }, async () => {
    await startWorker();
    const asks = await submit(step('ask', 'ask_human', { question: 'Which colour?' }));
    const question = await why(asks, 'waiting_for_answer');
    expect(question.sentence).toContain('Which colour?');
    await client.approvals.decide(asks.id, 'step-ask', { decision: 'approve', answer: 'blue' });
    const waits = await submit(step('paid', 'wait_for_event', { name: 'the payment' }));
    const event = await why(waits, 'waiting_for_event');
    expect(event.sentence).toContain('the payment');
    await client.cancel(waits.id);
    expect((await client.wait(asks.id)).status).toBe('completed');
    expect((await client.wait(waits.id)).status).toBe('cancelled');
  });

  test('the records were away, and then the worker was', { timeout: 240_000 }, async () => {
    const worker = await startWorker();
    const run = await holdStep('/both');
    await backEnds.supabase.stop();
    held.letGo('/both');
    await expect
      .poll(async () => (await client.why(run.id)).sentence, { timeout: 60_000 })
      .toMatch(/^The worker cannot reach the records: .* is tried again without end/);
    await endProcess(worker, 'SIGKILL');
    await backEnds.supabase.start();
    // What its last attempt could not reach is back.
    await why(run, 'no_worker_polling');
    await startWorker();
    expect((await client.wait(run.id)).status).toBe('completed');
  });

  test('its budget is used up, and it is to pause then', { timeout: 120_000 }, async () => {
    await startWorker();
    const steps = ['a', 'b'].map((id) => step(id, 'javascript', { code: 'return 1' }));
    const run = await client.submit({
      goal: 'be thrifty',
      plan: { steps, maxParallel: 1 },
      budget: { maxSteps: 1, onExhausted: 'pause' },
    });
    const waits = await why(run, 'budget');
    expect(waits.state).toBe('waiting');
    await client.resume(run.id, { budget: { maxSteps: 2 } });
    expect((await client.wait(run.id)).status).toBe('completed');
  });

  test('more tasks than workers have places for', { timeout: 360_000 }, async () => {
    await startWorker();
    const steps = Array.from({ length: 50 }, (_, i) =>
      step(`s${i}`, 'http_fetch', { url: held.url('/many') }),
    );
    const crowd = [];
    for (let i = 0; i < 3; i += 1)
      crowd.push(await client.submit({ goal: 'a crowd', plan: { steps, maxParallel: 50 } }));
    // As many as a worker has places for.
    await held.nthRequest('/many', 100);
    const late = await submit(step('late', 'http_fetch', { url: held.url('/many') }));
    const waits = await why(late, 'backlog');
    expect(waits.sentence).toMatch(
      /^\d+ tasks wait at the task queue "perdure", the oldest for \d+ s, and step "late" \(http_fetch\) is among them; workers take [\d.]+ a second while [\d.]+ come, and /,
    );
    held.letGo('/many');
    for (const run of [...crowd, late]) expect((await client.wait(run.id)).status).toBe('completed');
  });

  test('the workflow is terminated, and deleted, behind perdure’s back', { timeout: 240_000 }, async () => {
    await startWorker();
    const run = await submit(step('nap', 'wait', { seconds: 3_600 }));
    await why(run, 'timer');
    await temporal.workflow.getHandle(workflowIdOf(run.id)).terminate('by hand');
    const gone = await why(run, 'workflow_gone');
    expect(gone.sentence).toBe('The run is open by its record, but its workflow is terminated: by hand.');
    await temporal.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: workflowIdOf(run.id) },
    });
    // A deletion is a task among Temporal's own, and may take it half a minute.
    await expect
      .poll(
        () =>
          temporal.workflow
            .getHandle(workflowIdOf(run.id))
            .describe()
            .then(
              () => 'there',
              () => 'gone',
            ),
        { timeout: 120_000, interval: 500 },
      )
      .toBe('gone');
    await expect
      .poll(async () => (await client.why(run.id)).sentence, { timeout: 30_000 })
      .toMatch(/Temporal has no workflow of it/);
  });

  test('each back end is away', { timeout: 300_000 }, async () => {
    await startWorker();
    const run = await holdStep('/away');
    line.cut();
    const temporalAway = await why(run, 'temporal_unavailable');
    expect(temporalAway.sentence).toMatch(/^Temporal cannot be reached, and nothing moves without it: /);
    line.mend();
    await why(run, 'moving');

    await backEnds.redis.stop();
    const bus = await why(run, 'bus_unavailable');
    expect(bus.sentence).toMatch(/^The run moves, but live messages do not arrive: .*Step "held"/);
    await backEnds.redis.start();
    await why(run, 'moving');

    await backEnds.s3.stop();
    const files = await why(run, 'workspace_unavailable');
    expect(files.sentence).toMatch(/^The files cannot be reached: /);
    await backEnds.s3.start();
    await why(run, 'moving');

    await backEnds.supabase.stop();
    const records = await why(run, 'records_unavailable');
    expect(records.sentence).toMatch(/^The records cannot be reached: /);
    // The step ends, and its end cannot be written.
    held.letGo('/away');
    await expect
      .poll(async () => (await client.why(run.id)).sentence, { timeout: 60_000 })
      .toMatch(/^The worker cannot reach the records: .* is tried again without end/);
    await backEnds.supabase.start();
    expect((await client.wait(run.id)).status).toBe('completed');
  });
});
