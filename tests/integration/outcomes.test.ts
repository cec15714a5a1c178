/** Irreversible tools of which nothing is heard: their key, their own word, and where there is neither a person's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import type { DecisionRequest } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { defineTool, type Tool, type Verification } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let system: System;
/** Keys under which the services were called, by what they were told to do. */
const calls = new Map<string, string[]>();
/** What the service would say of it when it is asked. */
const said = new Map<string, () => Verification>();

const irreversible = (name: string, more: Partial<Tool<{ what: string }>> = {}): Tool =>
  defineTool({
    name,
    description: 'cannot be undone',
    args: z.strictObject({ what: z.string() }),
    effect: 'irreversible',
    timeoutSeconds: 2,
    execute({ what }, { idempotencyKey }) {
      calls.set(what, [...(calls.get(what) ?? []), idempotencyKey]);
      if (what.startsWith('hang') && calls.get(what)?.length === 1) return new Promise(() => undefined);
      if (what.startsWith('lost'))
        throw new PerdureError('outcome_unknown', 'the line broke after it was sent');
      return Promise.resolve({ output: { done: what } });
    },
    ...more,
  });

beforeAll(async () => {
  system = await startSystem({
    tools: [
      irreversible('pay'),
      irreversible('pay_by_key', { keyed: true }),
      irreversible('pay_and_ask', {
        verify: ({ what }) => Promise.resolve().then(() => (said.get(what) ?? neverSaid)()),
      }),
    ],
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const neverSaid = (): never => {
  throw new Error('nobody told what to say');
};

/** A run whose step has an attempt without an end, as a worker leaves it that is lost. */
async function cutOff(tool: string, what: string, more: object = {}, after: object[] = []) {
  const run = await system.start([
    { id: 'first', tool: 'wait', args: { seconds: 2 } },
    { id: 'act', tool, args: { what }, dependsOn: ['first'], ...more },
    ...after,
  ]);
  await expect.poll(() => system.log.read(run.id, 0, 10), { timeout: 20_000 }).not.toEqual([]);
  await leave(run.id, 1, tool);
  return run;
}
const leave = (runId: string, attempt: number, tool: string) =>
  system.log.append(runId, [
    {
      type: 'step.started',
      key: `step/act/started/${attempt}`,
      at: new Date().toISOString(),
      stepId: 'act',
      attempt,
      data: { tool },
    },
  ]);
async function asked(runId: string, id: string) {
  await expect
    .poll(() => system.approvals.find('acme', runId, id), { timeout: 30_000 })
    .toMatchObject({ status: 'pending', kind: 'outcome' });
  return system.approvals.find('acme', runId, id);
}
const word = (
  approvalId: string,
  decision: 'approve' | 'deny',
  more: Partial<DecisionRequest> = {},
): DecisionRequest => ({ approvalId, decision, argsHash: null, args: null, note: null, by: 'ann', ...more });
const ofAct = (events: readonly RunEvent[]): string[] =>
  events
    .filter(({ stepId }) => stepId === 'act')
    .map(({ type, attempt }) => (attempt === undefined ? type : `${type} ${attempt}`));

test('a person is asked; what has not acted may act, and is asked about again when it is cut off again', async () => {
  const run = await cutOff('pay', 'not yet');
  expect(await asked(run.id, 'outcome-1-act')).toMatchObject({
    stepId: 'act',
    tool: 'pay',
    args: { what: 'not yet' },
    note: 'attempt 1 of pay was cut off; whether it acted is not known',
  });
  expect((await system.store.findRun('acme', run.id))?.status).toBe('waiting');
  await leave(run.id, 2, 'pay');
  await system.engine.decide(run.id, word('outcome-1-act', 'approve'));
  await asked(run.id, 'outcome-2-act');
  expect(calls.get('not yet')).toBeUndefined();
  await system.engine.decide(run.id, word('outcome-2-act', 'approve'));
  const events = await system.events(run.id);
  expect(calls.get('not yet')).toEqual([`${run.id}/act`]);
  expect(ofAct(events)).toEqual([
    ...['step.started 1', 'approval.requested', 'step.started 2', 'approval.decided'],
    ...['approval.requested', 'approval.decided', 'step.started 3', 'step.completed 3', 'supervisor.decided'],
  ]);
  expect(events.find(({ type }) => type === 'approval.requested')).toMatchObject({
    reason: 'outcome_unknown',
  });
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { done: 'not yet' } });
  await system.keepHistories('outcome-not-acted', run.id);
});

test('what has acted has the output that the person gives, and is not called', async () => {
  const run = await cutOff('pay', 'already', {}, [
    { id: 'after', tool: 'echo', args: { got: '{{steps.act.output.receipt}}' } },
  ]);
  await asked(run.id, 'outcome-1-act');
  await system.engine.decide(
    run.id,
    word('outcome-1-act', 'approve', { output: { value: { receipt: 'R-7' } } }),
  );
  const events = await system.events(run.id);
  expect(calls.get('already')).toBeUndefined();
  expect(events.find(({ type }) => type === 'approval.decided')).toMatchObject({
    decision: 'approved',
    by: 'ann',
    output: { receipt: 'R-7' },
  });
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { got: 'R-7' } });
  await system.keepHistories('outcome-acted', run.id);
});

test('denied, or not answered in time, it has failed, and nobody knows', async () => {
  const [denied, late] = await Promise.all([
    cutOff('pay', 'denied', { onFailure: 'continue' }),
    cutOff('pay', 'late', { onFailure: 'continue', approval: { timeoutSeconds: 2, onTimeout: 'approve' } }),
  ]);
  await asked(denied.id, 'outcome-1-act');
  await system.engine.decide(denied.id, word('outcome-1-act', 'deny', { note: 'the bank is closed' }));
  const failure = (events: readonly RunEvent[]) => events.find(({ type }) => type === 'step.failed');
  expect(failure(await system.events(denied.id))).toMatchObject({
    error: {
      code: 'outcome_unknown',
      message:
        'attempt 1 of pay was cut off; whether it acted is not known, and ann denied it: the bank is closed',
    },
  });
  // Whether it may be begun was asked first, and answered itself: that it has not acted, no silence says.
  expect(failure(await system.events(late.id))).toMatchObject({
    error: {
      code: 'outcome_unknown',
      message: expect.stringContaining('and nobody decided in time') as string,
    },
  });
  expect([calls.get('denied'), calls.get('late')]).toEqual([undefined, undefined]);
});

test('a tool that can find out is asked, and no person', async () => {
  said.set('was done', () => ({ outcome: 'acted', output: { receipt: 'R-8' } }));
  said.set('was not', () => ({ outcome: 'not_acted' }));
  let looks = 0;
  said.set('away at first', () => {
    looks += 1;
    if (looks < 3) throw new PerdureError('tool_unavailable', 'away');
    return { outcome: 'acted', output: 'at last' };
  });
  said.set('cannot tell', () => ({ outcome: 'unknown' }));
  const [done, not, away, unknown, defect] = await Promise.all(
    ['was done', 'was not', 'away at first', 'cannot tell', 'not told'].map((what) =>
      cutOff('pay_and_ask', what),
    ),
  );
  for (const run of [unknown, defect]) {
    await asked(run?.id ?? '', 'outcome-1-act');
    await system.engine.decide(run?.id ?? '', word('outcome-1-act', 'approve', { output: { value: null } }));
    expect((await system.events(run?.id ?? '')).at(-1)).toMatchObject({
      type: 'run.completed',
      result: null,
    });
  }
  const endOf = async (run: typeof done) => (await system.events(run?.id ?? '')).at(-1);
  expect(await endOf(done)).toMatchObject({ type: 'run.completed', result: { receipt: 'R-8' } });
  expect(await endOf(not)).toMatchObject({ type: 'run.completed', result: { done: 'was not' } });
  expect(await endOf(away)).toMatchObject({ type: 'run.completed', result: 'at last' });
  expect(calls.get('was not')).toHaveLength(1);
  for (const what of ['was done', 'away at first', 'cannot tell', 'not told'])
    expect(calls.get(what)).toBeUndefined();
});

test('a tool whose service heeds the key is called again, with the same one', async () => {
  const [cut, hung] = await Promise.all([
    cutOff('pay_by_key', 'again'),
    system.start([{ id: 'act', tool: 'pay_by_key', args: { what: 'hang keyed' } }]),
  ]);
  for (const run of [cut, hung])
    expect((await system.events(run.id)).at(-1)).toMatchObject({ type: 'run.completed' });
  expect(calls.get('again')).toEqual([`${cut.id}/act`]);
  expect(calls.get('hang keyed')).toEqual([`${hung.id}/act`, `${hung.id}/act`]);
});

test('one that took too long, and one that says that it cannot know, are asked about too', async () => {
  const [hung, lost] = await Promise.all([
    system.start([{ id: 'act', tool: 'pay', args: { what: 'hang' } }]),
    system.start([{ id: 'act', tool: 'pay', args: { what: 'lost' } }]),
  ]);
  expect(await asked(hung.id, 'outcome-1-act')).toMatchObject({
    note: 'pay took longer than 2 s; whether it acted is not known',
  });
  expect(await asked(lost.id, 'outcome-1-act')).toMatchObject({
    note: 'the line broke after it was sent; whether it acted is not known',
  });
  await system.engine.decide(hung.id, word('outcome-1-act', 'approve'));
  expect((await system.events(hung.id)).at(-1)).toMatchObject({ type: 'run.completed' });
  expect(calls.get('hang')).toHaveLength(2);
  // Cancelled meanwhile, the run says of it what is known.
  await system.engine.cancel(lost.id, null);
  const events = await system.events(lost.id);
  expect(events.at(-1)?.type).toBe('run.cancelled');
  expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({
    error: { code: 'outcome_unknown' },
  });
  expect((await system.approvals.find('acme', lost.id, 'outcome-1-act'))?.status).toBe('closed');
});
