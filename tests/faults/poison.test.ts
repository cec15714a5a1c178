/**
 * Runs that do harm: they throw, hang, spin, eat memory, put out too much. They end with a typed error, and who runs
 * beside them ends as ever.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type Client, type Run, type RunEvent } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { startCounter, type Counter } from './support/counter.js';
import { addressOf, isReady, keepProcess, type KeptProcess } from './support/kept-process.js';

const missing = await missingBackEnds();
type Step = Record<string, unknown> & { id: string; tool: string };

describe.skipIf(missing !== null)('poisoned runs', () => {
  let backEnds: BackEnds;
  let counter: Counter;
  let api: KeptProcess;
  let workers: KeptProcess[];
  let client: Client;

  beforeAll(async () => {
    [backEnds, counter] = [await startBackEnds(), await startCounter()];
    const env = { ...backEnds.env, COUNTER: counter.url };
    api = keepProcess('api', { ...env, PORT: '0' });
    // Little memory, so that it is soon eaten.
    workers = [1, 2].map(() => keepProcess('worker', { ...env, NODE_OPTIONS: '--max-old-space-size=512' }));
    client = createClient({ baseUrl: await addressOf(api), token: backEnds.token });
    await Promise.all(workers.map(isReady));
  }, 600_000);
  afterAll(async () => {
    for (const one of [api, ...workers]) await one.stop();
    await backEnds.release();
    await counter.close();
  });

  const submit = (...steps: Step[]): Promise<Run> =>
    client.submit({ goal: 'do harm', plan: { steps: steps as never } });
  const errorOf = async ({ id }: Run): Promise<string> => {
    expect((await client.wait(id)).status).toBe('failed');
    const events: RunEvent[] = [];
    for await (const event of client.events(id)) if ('seq' in event) events.push(event);
    const failed = events.find(({ type }) => type === 'step.failed');
    return failed?.type === 'step.failed'
      ? `${failed.error.code}: ${failed.error.message}`
      : 'no step failed';
  };
  const grow = '{{steps.a.output.text}}'.repeat(2_000);
  const javascript = (code: string): Step => ({ id: 'a', tool: 'javascript', args: { code } });

  test('each ends with its error, and the others complete', { timeout: 300_000 }, async () => {
    // What they take the worker from loses an attempt with them: those of the others are told apart.
    const killers: [Step[], RegExp][] = [
      [[{ id: 'a', tool: 'spin' }], /^tool_unavailable: the worker was lost in attempt 2$/],
      [[{ id: 'a', tool: 'eat_memory' }], /^tool_unavailable: the worker was lost in attempt 2$/],
    ];
    const poisoned: [Step[], RegExp][] = [
      [[{ id: 'a', tool: 'throw_at_once' }], /^tool_failed: thrown, and not rejected$/],
      [[{ id: 'a', tool: 'never_end' }], /^tool_timeout: never_end took longer than 3 s$/],
      [[{ id: 'a', tool: 'put_out_too_much' }], /^tool_limit_exceeded: the output has 40000002 bytes/],
      [
        [{ id: 'a', tool: 'no_json' }],
        /^tool_failed: the output cannot be written as JSON: Converting circular/,
      ],
      [[javascript('for (;;) {}')], /^tool_limit_exceeded: took longer than 2000 ms$/],
      [
        [javascript('const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))')],
        /^tool_limit_exceeded: used more memory/,
      ],
      [[javascript('/(a+)+$/.test("a".repeat(60) + "!")')], /^tool_limit_exceeded: took longer/],
      [
        [
          {
            id: 'a',
            tool: 'template',
            args: { template: '{% for i in (1..100000000) %}{{ i }}{% endfor %}' },
          },
        ],
        /^tool_limit_exceeded: /,
      ],
      [
        [
          {
            id: 'a',
            tool: 'chart',
            args: { spec: { mark: 'point', data: { sequence: { start: 0, stop: 1e9 } } }, saveAs: 'c.svg' },
          },
        ],
        /^tool_limit_exceeded: /,
      ],
      [
        [
          { id: 'a', tool: 'echo', args: { text: 'x'.repeat(100_000) } },
          { id: 'b', tool: 'echo', args: { text: grow } },
        ],
        /^tool_limit_exceeded: the arguments, references resolved, have more than 64000000 bytes/,
      ],
    ];
    for (const [steps, expected] of killers) {
      // One after the other: in one worker the second would not have its turn before both are lost.
      const killing = await submit(...steps);
      const beside: Run[] = [];
      for (let i = 0; i < 10; i += 1) {
        const key = `beside/${String(steps[0]?.tool)}/${i}`;
        const run = await submit(
          { id: 'a', tool: 'echo', args: { key } },
          {
            id: 'b',
            tool: 'act_again',
            args: { key: '{{steps.a.output.key}}', beforeMs: 100, afterMs: 100 },
          },
          { id: 'c', tool: 'javascript', args: { code: 'return 1 + 1' }, dependsOn: ['b'] },
        );
        expect(run.status).toBe('queued');
        beside.push(run);
      }
      for (const { id } of beside) expect((await client.wait(id)).status).toBe('completed');
      expect(await errorOf(killing)).toMatch(expected);
    }
    const errors = await Promise.all(poisoned.map(async ([steps]) => errorOf(await submit(...steps))));
    for (const [i, [, expected]] of poisoned.entries()) expect(errors[i]).toMatch(expected);

    const said = workers.map((worker) => worker.output()).join('\n');
    expect(said).toMatch(
      /the event loop of the worker has stood still for 8 seconds in spinForEver \(.*poison-tools\.mjs:\d+\), with .*runTool step:a \(attempt \d\) of run-/,
    );
    // Whoever eats memory is ended by the engine, or before, for it stands still while it looks for some.
    const ends = workers.flatMap((worker) => worker.ends);
    expect(ends.length).toBeGreaterThanOrEqual(2);
    for (const end of ends) expect(end).toMatch(/^SIG(?:KILL|ABRT)$/);
  });
});
