/** Runs through the whole system as a client sees them, whatever back ends and processes it is made of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runEventSchema, type RunEvent } from '../../contracts/events.js';
import type { JsonValue, PlanStep } from '../../contracts/plan.js';
import type { Run } from '../../contracts/answers.js';
import type { SubmitRun } from '../../contracts/runs.js';
import { runCommand, type PerdureSystem } from './support/perdure-process.js';

export function runsSuite(name: string, start: () => Promise<PerdureSystem>): void {
  describe(`runs on ${name}`, () => {
    let perdure: PerdureSystem;
    beforeAll(async () => {
      perdure = await start();
    }, 600_000);
    afterAll(async () => {
      await perdure.stop();
    });

    type Step = Partial<PlanStep> & { id: string; tool: string };
    const submit = (
      steps: Step[],
      more: Partial<SubmitRun> & { maxParallel?: number } = {},
    ): Promise<Run> => {
      const { maxParallel, ...rest } = more;
      const plan = { steps, ...(maxParallel === undefined ? {} : { maxParallel }) } as SubmitRun['plan'];
      return perdure.client.submit({ goal: 'a test', plan, ...rest });
    };
    async function eventsOf(id: string): Promise<RunEvent[]> {
      const events: RunEvent[] = [];
      for await (const event of perdure.client.events(id))
        if ('seq' in event) {
          expect(runEventSchema.safeParse(event).error).toBeUndefined();
          events.push(event);
        }
      return events;
    }
    const typesOf = (events: RunEvent[], step?: string): string[] =>
      events.filter((e) => step === undefined || e.stepId === step).map((e) => e.type);
    const expectNoGaps = (events: RunEvent[]): void => {
      expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i + 1));
    };

    test('outputs flow along the references, keeping their types', async () => {
      const run = await submit(
        [
          { id: 'a', tool: 'echo', args: { list: [1, { deep: true }], name: '{{inputs.data.who}}' } },
          {
            id: 'b',
            tool: 'echo',
            args: { whole: '{{steps.a.output.list}}', text: 'Hello {{steps.a.output.name}}!' },
          },
        ],
        { inputs: { data: { who: 'Ada' } } },
      );
      expect(run.status).toBe('queued');
      const events = await eventsOf(run.id);
      expectNoGaps(events);
      expect(typesOf(events)).toEqual([
        'run.queued',
        'run.started',
        'plan.created',
        ...['a', 'b'].flatMap(() => ['step.started', 'step.completed', 'supervisor.decided']),
        'run.completed',
      ]);
      expect(await perdure.client.get(run.id)).toMatchObject({
        status: 'completed',
        result: { whole: [1, { deep: true }], text: 'Hello Ada!' },
        usage: { steps: 2 },
        lastSeq: events.length,
      });
    });

    test('a large output becomes a file that later steps can refer to', async () => {
      const run = await submit([
        {
          id: 'big',
          tool: 'javascript',
          args: { code: 'return Array.from({ length: 20000 }, (_, i) => i)' },
        },
        { id: 'last', tool: 'echo', args: { n: '{{steps.big.output.value[19999]}}' } },
      ]);
      const events = await eventsOf(run.id);
      const output = events.find((e) => e.type === 'step.completed' && e.stepId === 'big');
      expect(output).toMatchObject({ output: { ref: '.perdure/outputs/big-1.json' } });
      expect(JSON.stringify(output).length).toBeLessThan(2_000);
      expect(
        await (await perdure.client.files.get(run.id, '.perdure/outputs/big-1.json')).json(),
      ).toHaveProperty('value');
      expect((await perdure.client.get(run.id)).result).toEqual({ n: 19999 });
    });

    test('a failed step stops the run, or only what depends on it', async () => {
      const bad: Step = { id: 'bad', tool: 'file_read', args: { path: 'nothing.txt' } };
      const after: Step = { id: 'after', tool: 'echo', args: {}, dependsOn: ['bad'] };
      const stopped = await submit([bad, after, { id: 'long', tool: 'wait', args: { seconds: 3600 } }]);
      const events = await eventsOf(stopped.id);
      expect(typesOf(events, 'after')).toEqual([]);
      expect(typesOf(events, 'bad')).toEqual(['step.started', 'step.failed', 'supervisor.decided']);
      expect(await perdure.client.get(stopped.id)).toMatchObject({
        status: 'failed',
        error: { code: 'step_failed' },
      });

      const goesOn = await submit([
        { ...bad, onFailure: 'continue' },
        after,
        { id: 'other', tool: 'echo', args: { x: 1 } },
      ]);
      const went = await eventsOf(goesOn.id);
      expect(typesOf(went, 'after')).toEqual([]);
      expect(went.at(-1)).toMatchObject({ type: 'run.completed', result: { x: 1 } });
    });

    test('what may pass is tried again, and what cannot pass is not', async () => {
      const run = await submit([
        // Nothing listens there, and the guard refuses it for good.
        { id: 'refused', tool: 'http_fetch', args: { url: 'http://127.0.0.1:9/' }, onFailure: 'continue' },
        { id: 'gone', tool: 'http_fetch', args: { url: 'http://nothing.invalid/' }, onFailure: 'continue' },
      ]);
      for await (const event of perdure.client.events(run.id)) if (event.type === 'step.retrying') break;
      await perdure.client.cancel(run.id);
      const events = await eventsOf(run.id);
      expect(typesOf(events, 'refused')).toEqual(['step.started', 'step.failed', 'supervisor.decided']);
      expect(typesOf(events, 'gone').slice(0, 2)).toEqual(['step.started', 'step.retrying']);
    });

    test('cancel reaches the tool that runs, and the timer that waits', async () => {
      const loop: JsonValue = { code: 'for (;;) {}', timeLimitMs: 10_000 };
      const run = await submit([
        { id: 'busy', tool: 'javascript', args: loop },
        { id: 'timer', tool: 'wait', args: { seconds: 3600 } },
      ]);
      for await (const event of perdure.client.events(run.id))
        if (event.type === 'step.started' && event.stepId === 'busy') break;
      await perdure.client.cancel(run.id, { reason: 'changed my mind' });
      const events = await eventsOf(run.id);
      expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'changed my mind' });
      expect(events.find((e) => e.type === 'step.failed')).toMatchObject({
        stepId: 'busy',
        error: { code: 'cancelled' },
      });
      await expect(perdure.client.cancel(run.id)).rejects.toMatchObject({
        status: 409,
        problem: { code: 'run_closed' },
      });
    });

    test('a client that reconnects ten times sees every event once and in order', async () => {
      const steps = Array.from({ length: 15 }, (_, i): Step => ({
        id: `s${i}`,
        tool: 'wait',
        args: { seconds: 0.1 },
        ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
      }));
      const run = await submit(steps);
      const seen: number[] = [];
      let last = '';
      for (let connection = 1; connection <= 11; connection++) {
        const response = await fetch(`${perdure.url}/v1/runs/${run.id}/events`, {
          headers: { ...perdure.headers, ...(last === '' ? {} : { 'last-event-id': last }) },
        });
        const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (let events = 0; reader !== undefined;) {
          const { done, value } = await reader.read();
          if (done) break;
          text += value;
          const frames = text.split('\n\n');
          text = frames.pop() ?? '';
          for (const frame of frames) {
            const id = /^id: (\d+)$/m.exec(frame)?.[1];
            // Past the cut: this connection did not take it in.
            if (id === undefined || (connection <= 10 && events >= 4)) continue;
            events += 1;
            seen.push(Number(id));
            last = id;
            if (connection > 10 && frame.includes('event: run.completed')) last = `${id} (end)`;
          }
          if (connection <= 10 && events >= 4) break;
        }
        await reader?.cancel();
      }
      expect(seen).toEqual(seen.map((_, i) => i + 1));
      expect(last).toBe(`${seen.length} (end)`);
      const closed = await fetch(`${perdure.url}/v1/runs/${run.id}/events`, {
        headers: { ...perdure.headers, 'last-event-id': String(seen.length) },
      });
      expect(closed.status).toBe(204);
    });

    test('a plan of 2,000 steps runs to its end', { timeout: 400_000 }, async () => {
      const steps = Array.from({ length: 2_000 }, (_, i): Step => ({
        id: `s${i}`,
        tool: 'echo',
        args: { i },
        ...(i < 50 ? {} : { dependsOn: [`s${i - 50}`] }),
      }));
      const run = await submit(steps, { maxParallel: 50 });
      const events = await eventsOf(run.id);
      expectNoGaps(events);
      expect(events.filter((e) => e.type === 'step.completed')).toHaveLength(2_000);
      expect(events.at(-1)?.type).toBe('run.completed');
      expect((await perdure.client.get(run.id)).usage).toEqual({ steps: 2_000 });
    });

    test('the same key starts one run', async () => {
      const body: SubmitRun = { goal: 'once', plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] } };
      const runs = await Promise.all(
        Array.from({ length: 8 }, () => perdure.client.submit(body, { idempotencyKey: 'once' })),
      );
      expect(new Set(runs.map((r) => r.id)).size).toBe(1);
      await expect(
        perdure.client.submit({ ...body, goal: 'twice' }, { idempotencyKey: 'once' }),
      ).rejects.toMatchObject({ problem: { code: 'idempotency_key_reused' } });
      expectNoGaps(await eventsOf(runs[0]?.id ?? ''));
    });

    test('of two bodies with one key and files of their own exactly one wins', async () => {
      const body = (content: string): SubmitRun => ({
        goal: 'once',
        inputs: { files: [{ path: 'in.txt', content }], data: null },
        plan: {
          steps: [
            { id: 'a', tool: 'file_read', args: { path: 'in.txt' } },
            { id: 'b', tool: 'echo', args: { v: '{{inputs.data}}' } },
          ],
        },
      });
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.allSettled(
          Array.from({ length: 10 }, (_, i) =>
            perdure.client.submit(body(`content ${i % 2}`), { idempotencyKey: `race ${round}` }),
          ),
        );
        const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.id] : []));
        expect(won).toHaveLength(5);
        expect(new Set(won).size).toBe(1);
        const winner = answers.findIndex((answer) => answer.status === 'fulfilled') % 2;
        const events = await eventsOf(won[0] ?? '');
        expect(events.at(-1)).toMatchObject({
          type: 'run.completed',
          result: { a: { content: `content ${winner}` }, b: { v: null } },
        });
      }
    });

    test('lists leave the plans out', async () => {
      const { runs } = await perdure.client.list();
      expect(runs.length).toBeGreaterThan(3);
      for (const run of runs) expect(run).not.toHaveProperty('plan');
      expect(await perdure.client.get(runs[0]?.id ?? '')).toHaveProperty('plan.steps');
    });

    test(
      'the demo uses the perdure that runs, and leaves report and chart',
      { timeout: 120_000 },
      async () => {
        const token = perdure.headers.authorization?.replace('Bearer ', '');
        const { code, output } = await runCommand('demo', {
          PORT: new URL(perdure.url).port,
          ...(token === undefined ? {} : { PERDURE_TOKEN: token }),
        });
        expect(code, output).toBe(0);
        expect(output).toContain('report.md');
        expect(output).toContain('chart.svg');
        expect(output).toContain('Over 1461 days it rained on 42.6% of them.');
      },
    );

    test('readiness tells of the worker that polls', async () => {
      const response = await fetch(`${perdure.url}/readyz`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ ready: true });
    });
  });
}
