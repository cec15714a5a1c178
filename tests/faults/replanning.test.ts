/**
 * Everything killed with `kill -9` in the middle of replanning: while the supervisor's model thinks, and as soon as it has
 * decided. Its run ends as one that was not killed, and each step is done once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import type { RunEvent } from '../../src/client/client.js';
import { PerdureProcess, temporaryDirectory } from '../e2e/support/perdure-process.js';

let stub: StubServer;
/** How often the supervisor was asked about each step. */
const asked = new Map<string, number>();
const decisions: Record<string, object> = {
  one: {
    decision: 'replan',
    reason: 'there is more to do',
    steps: [
      { id: 'between', tool: 'file_write', args: { path: 'between.txt', content: 'b' } },
      {
        id: 'last',
        tool: 'echo',
        args: { text: '{{steps.one.output.text}}, {{steps.between.output.path}}' },
      },
    ],
    remove: ['useless'],
  },
  last: { decision: 'retry', reason: 'once more', args: { text: 'at last' } },
};
/** The first answer about this step does not come. */
const HELD = 'one';

beforeAll(async () => {
  stub = await startStubServer(async ({ messages }) => {
    const step = /The step "([^"]+)"/.exec(String(messages[1]?.content))?.[1] ?? '';
    const times = (asked.get(step) ?? 0) + 1;
    asked.set(step, times);
    if (step === HELD && times === 1) await new Promise(() => undefined);
    return { json: (decisions[step] ?? { decision: 'continue', reason: 'fine' }) as never };
  });
});
afterAll(() => stub.close());

test('a run whose supervisor replans, killed in the middle of it', { timeout: 400_000 }, async () => {
  const place = await temporaryDirectory();
  const settings = {
    PERDURE_SUPERVISOR_MODEL: 'stub:m',
    PERDURE_MODEL_SERVERS: `stub=${stub.url}`,
  };
  let perdure = await PerdureProcess.start(place.directory, settings);
  try {
    const { id } = await perdure.client.submit({
      goal: 'replan',
      plan: {
        steps: [
          { id: 'one', tool: 'echo', args: { text: 'first' } },
          { id: 'useless', tool: 'echo', args: {}, dependsOn: ['one'] },
          { id: 'last', tool: 'echo', args: { text: '{{steps.one.output.text}}' } },
        ],
      },
    });
    const killed = async (): Promise<void> => {
      await perdure.killTree();
      perdure = await PerdureProcess.start(place.directory, settings);
    };
    /** Resolves as soon as the log has that the supervisor has decided about the step. */
    const decided = async (step: string): Promise<void> => {
      for await (const event of perdure.client.events(id))
        if (event.type === 'supervisor.decided' && event.stepId === step) return;
    };
    while ((asked.get(HELD) ?? 0) === 0) await sleep(20);
    await killed();
    await decided('one');
    await killed();
    await decided('last');
    await killed();
    expect(await perdure.client.wait(id)).toMatchObject({
      status: 'completed',
      result: { text: 'at last' },
    });
    const events: RunEvent[] = [];
    for await (const event of perdure.client.events(id)) if ('seq' in event) events.push(event);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    const about = (type: string) =>
      events.filter((event) => event.type === type).map(({ stepId }) => stepId ?? '');
    expect(about('step.completed').toSorted()).toEqual(['between', 'last', 'last-2', 'one']);
    expect(about('supervisor.decided').toSorted()).toEqual(['between', 'last', 'last-2', 'one']);
    expect(about('plan.updated')).toHaveLength(2);
    // The answer that was held was asked for again; one that was given is not.
    expect(asked.get('one')).toBe(2);
    expect(asked.get('last')).toBe(1);
  } finally {
    await perdure.stop();
    await place.remove();
  }
});
