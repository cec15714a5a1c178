/** A plan that people change while it is carried out: what has begun stays, one of two editors wins, people are asked anew. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import type { DecisionRequest, PlanUpdateRequest } from '../../contracts/messages.js';
import { planStepSchema } from '../../contracts/plan.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startSystem, type System } from './support/system.js';
import { gatedTool, sendTool } from './support/told-tools.js';

let system: System;
const sent: string[] = [];
/** Told by its step that it may end. */
const gates = new Map<string, () => void>();
const gated = gatedTool(gates);
const send = sendTool((to) => {
  sent.push(to);
});

beforeAll(async () => {
  system = await startSystem({ tools: [gated, send] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const change = (version: number, steps: object[], remove: string[] = []): PlanUpdateRequest => ({
  ...{ version, remove, by: 'ann' },
  steps: steps.map((step) => planStepSchema.parse(step)),
});
const echo = (id: string, args: object = {}, more: object = {}) => ({ id, tool: 'echo', args, ...more });
const word = (approvalId: string, more: Partial<DecisionRequest> = {}): DecisionRequest => ({
  ...{ approvalId, decision: 'approve', argsHash: null, args: null, note: null, by: 'ann' },
  ...more,
});
const begun = (name: string) => expect.poll(() => gates.has(name), { timeout: 20_000 }).toBe(true);
const asked = (runId: string, id: string) =>
  expect
    .poll(async () => (await system.approvals.find('acme', runId, id))?.status, { timeout: 20_000 })
    .toBe('pending');
const planOf = async (id: string) => {
  const run = await system.store.getRun('acme', id);
  return { version: run?.planVersion, ids: run?.plan?.steps.map((step) => step.id) };
};
const stepsOf = (events: RunEvent[], type: RunEvent['type']) =>
  events.filter((event) => event.type === type).map(({ stepId }) => stepId);

test('steps that have not begun are changed, taken out and added, and the run is that of the new plan', async () => {
  const run = await system.start([
    { id: 'first', tool: 'gated', args: { name: 'change' } },
    echo('second', { text: 'old' }, { dependsOn: ['first'] }),
    echo('third', {}, { dependsOn: ['second'] }),
  ]);
  await begun('change');
  expect(
    await system.engine.changePlan(
      run.id,
      change(
        1,
        [
          echo('second', { text: 'new {{steps.first.output.name}}' }),
          echo('last', { text: '{{steps.second.output.text}}!' }),
          echo('beside', { at: 'once' }),
        ],
        ['third'],
      ),
    ),
  ).toBe(true);
  await expect.poll(() => planOf(run.id)).toEqual({ version: 2, ids: ['first', 'second', 'last', 'beside'] });
  // What waits for nothing begins at once.
  await expect.poll(() => system.log.find(run.id, ['step/beside/end'])).toHaveLength(1);
  gates.get('change')?.();
  const events = await system.events(run.id);
  expect(events.at(-1)).toMatchObject({
    type: 'run.completed',
    result: { last: { text: 'new change!' }, beside: { at: 'once' } },
  });
  expect(events.find(({ type }) => type === 'plan.updated')).toMatchObject({
    ...{ version: 2, madeBy: 'caller', by: 'ann', removed: ['third'] },
  });
  expect(stepsOf(events, 'step.started')).not.toContain('third');
  await system.keepHistories('plan-edited', run.id);
});

test('what has begun or is over stays as it is, and nothing else of the change is made', async () => {
  const run = await system.start([
    echo('over'),
    { id: 'under-way', tool: 'gated', args: { name: 'stays' }, dependsOn: ['over'] },
    echo('open', {}, { dependsOn: ['under-way'] }),
  ]);
  await begun('stays');
  for (const id of ['over', 'under-way'])
    for (const given of [change(1, [echo(id), echo('new')]), change(1, [echo('new')], [id])])
      await expect(system.engine.changePlan(run.id, given)).rejects.toMatchObject({
        code: 'plan_not_changeable',
      });
  expect((await planOf(run.id)).version).toBe(1);
  gates.get('stays')?.();
  const events = await system.events(run.id);
  expect(stepsOf(events, 'step.completed')).toEqual(['over', 'under-way', 'open']);
  await expect(system.engine.changePlan(run.id, change(1, [echo('new')]))).resolves.toBe(false);
});

test('of two editors one wins, and the other is told that the plan is another', async () => {
  const run = await system.start([{ id: 'first', tool: 'gated', args: { name: 'editors' } }]);
  await begun('editors');
  const both = await Promise.allSettled([
    system.engine.changePlan(run.id, change(1, [echo('a')])),
    system.engine.changePlan(run.id, { ...change(1, [echo('b')]), by: 'bob' }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'precondition_failed' },
  });
  // The same wish again is the same: whoever has not heard the answer may ask again.
  const winner =
    both[0].status === 'fulfilled' ? change(1, [echo('a')]) : { ...change(1, [echo('b')]), by: 'bob' };
  expect(await system.engine.changePlan(run.id, winner)).toBe(true);
  expect((await planOf(run.id)).version).toBe(2);
  gates.get('editors')?.();
  expect((await system.events(run.id)).at(-1)?.type).toBe('run.completed');
});

test('edits that race with the steps: each is made or refused whole, and the run ends by the plan that it has then', async () => {
  const chain = Array.from({ length: 30 }, (_, i) =>
    echo(`s${i}`, { n: i }, i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
  );
  const slow = chain.map((step, i) =>
    i % 3 === 0 ? { ...step, tool: 'wait', args: { seconds: 0.05 } } : step,
  );
  const run = await system.start(slow);
  // As over HTTP: there is no plan to change before the record has it.
  await expect.poll(async () => (await planOf(run.id)).ids?.length, { interval: 5 }).toBe(30);
  let made = 1;
  for (let i = 0; i < 30; i += 1)
    try {
      const id = `s${i}`;
      const dependsOn = i === 0 ? {} : { dependsOn: [`s${i - 1}`] };
      if (!(await system.engine.changePlan(run.id, change(made, [echo(id, { n: -i }, dependsOn)])))) break;
      made += 1;
    } catch (error) {
      if ((error as { code?: string }).code === 'run_closed') break;
      expect(error).toMatchObject({ code: 'plan_not_changeable' });
    }
  const events = await system.events(run.id);
  expect(events.at(-1)?.type).toBe('run.completed');
  const { version } = await planOf(run.id);
  expect(version).toBe(made);
  for (const event of events.filter(({ type }) => type === 'plan.updated')) {
    if (event.type !== 'plan.updated') continue;
    const id = event.steps[0]?.id ?? '';
    const started = events.find((each) => each.type === 'step.started' && each.stepId === id);
    expect(started?.seq ?? Infinity).toBeGreaterThan(event.seq);
    const end = events.find((each) => each.type === 'step.completed' && each.stepId === id);
    expect(end).toMatchObject({
      output: { value: { n: Number(id.slice(1)) === 0 ? 0 : -Number(id.slice(1)) } },
    });
  }
});

test('a plan that waits for a word is changed before it begins, and that word is about what it was', async () => {
  const run = await system.start([echo('a', { text: 'old' })], { approvals: 'plan' });
  await asked(run.id, 'plan');
  const before = await system.approvals.find('acme', run.id, 'plan');
  await system.engine.changePlan(run.id, change(1, [echo('a', { text: 'new' })]));
  await asked(run.id, 'plan-2');
  const after = await system.approvals.find('acme', run.id, 'plan-2');
  expect(after?.argsHash).not.toBe(before?.argsHash);
  expect((await system.approvals.find('acme', run.id, 'plan'))?.status).toBe('closed');
  await expect(system.engine.decide(run.id, word('plan'))).rejects.toMatchObject({ code: 'approval_stale' });
  expect(stepsOf(await system.log.read(run.id, 0, 100), 'step.started')).toEqual([]);
  await system.engine.decide(run.id, word('plan-2'));
  const events = await system.events(run.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'new' } });
});

test('a step that is changed while somebody is asked about it is asked about anew', async () => {
  const pay = (to: string) => ({ id: 'pay', tool: 'send', args: { to } });
  const run = await system.start([pay('old'), { id: 'hold', tool: 'gated', args: { name: 'anew' } }], {
    approvals: 'irreversible',
  });
  await asked(run.id, 'step-pay');
  await begun('anew');
  await system.engine.changePlan(run.id, change(1, [pay('new')]));
  await asked(run.id, 'changed-2-pay');
  await expect(system.engine.decide(run.id, word('step-pay'))).rejects.toMatchObject({
    code: 'approval_stale',
  });
  expect(sent).not.toContain('old');
  await system.engine.decide(run.id, word('changed-2-pay'));
  await expect.poll(() => sent).toContain('new');
  // Approved, it has begun: now it is too late.
  await expect(system.engine.changePlan(run.id, change(2, [pay('late')]))).rejects.toMatchObject({
    code: 'plan_not_changeable',
  });
  gates.get('anew')?.();
  expect((await system.events(run.id)).at(-1)?.type).toBe('run.completed');
  expect(sent).not.toContain('old');
});

test('a step that is taken out while somebody is asked about it is not done', async () => {
  const run = await system.start([
    echo('a'),
    { id: 'pay', tool: 'send', args: { to: 'gone' }, approval: true },
  ]);
  await asked(run.id, 'step-pay');
  await system.engine.changePlan(run.id, change(1, [], ['pay']));
  const events = await system.events(run.id);
  expect(events.at(-1)?.type).toBe('run.completed');
  expect(sent).not.toContain('gone');
  expect((await system.approvals.find('acme', run.id, 'step-pay'))?.status).toBe('closed');
});

test('a paused run is changed, and goes on with what it is then', async () => {
  const run = await system.start([
    { id: 'first', tool: 'gated', args: { name: 'paused' } },
    echo('second', { of: '{{steps.first.output.name}}' }),
  ]);
  await begun('paused');
  await system.engine.pause(run.id, { by: 'ann', reason: null });
  gates.get('paused')?.();
  await expect.poll(() => system.log.find(run.id, ['step/first/end'])).toHaveLength(1);
  await system.engine.changePlan(
    run.id,
    change(1, [echo('second', { text: 'changed {{steps.first.output.name}}' })]),
  );
  await system.engine.resume(run.id, { by: 'ann' });
  expect((await system.events(run.id)).at(-1)).toMatchObject({ result: { text: 'changed paused' } });
});
