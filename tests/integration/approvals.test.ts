/** People in the loop: what waits for a word, who gets it first, and that nothing else is done than what was approved. */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunEvent } from '../../contracts/events.js';
import type { DecisionRequest } from '../../contracts/messages.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let system: System;
const paid: { to: string; amount: number }[] = [];
const pay = defineTool({
  name: 'pay',
  description: 'cannot be undone',
  args: z.strictObject({ to: z.string(), amount: z.number() }),
  effect: 'irreversible',
  timeoutSeconds: 10,
  execute: (args) => {
    paid.push(args);
    return Promise.resolve({ output: args.amount });
  },
});

beforeAll(async () => {
  system = await startSystem({ tools: [pay] });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const typesOf = (events: readonly RunEvent[], step?: string): string[] =>
  events.filter(({ stepId }) => step === undefined || stepId === step).map(({ type }) => type);
const word = (
  approvalId: string,
  decision: 'approve' | 'deny',
  more: Partial<DecisionRequest> = {},
): DecisionRequest => ({ approvalId, decision, argsHash: null, args: null, note: null, by: 'ann', ...more });
/** The approval once it is asked for. */
async function asked(runId: string, id: string) {
  await expect
    .poll(() => system.approvals.find('acme', runId, id), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
  const found = await system.approvals.find('acme', runId, id);
  if (found === null) throw new Error('it was just there');
  return found;
}
const statusOf = async (id: string) => (await system.store.findRun('acme', id))?.status;

test('an irreversible step waits for a word, of two people one gets it, and the tool is given what was approved', async () => {
  const run = await system.start(
    [
      { id: 'amount', tool: 'echo', args: { euros: 7 } },
      { id: 'pay', tool: 'pay', args: { to: 'bob', amount: '{{steps.amount.output.euros}}' } },
      { id: 'beside', tool: 'echo', args: {} },
    ],
    { approvals: 'irreversible' },
  );
  const approval = await asked(run.id, 'step-pay');
  expect(approval).toMatchObject({
    kind: 'step',
    tool: 'pay',
    args: { to: 'bob', amount: 7 },
    expiresAt: null,
  });
  expect(await statusOf(run.id)).toBe('waiting');
  // What needs no word goes on meanwhile.
  expect(typesOf(await system.log.read(run.id, 0, 100), 'beside')).toContain('step.completed');

  await expect(
    system.engine.decide(run.id, word('step-pay', 'approve', { argsHash: '0'.repeat(64) })),
  ).rejects.toMatchObject({ code: 'approval_stale' });
  const argsHash = approval.argsHash;
  const both = await Promise.allSettled([
    system.engine.decide(run.id, word('step-pay', 'approve', { argsHash, by: 'ann' })),
    system.engine.decide(run.id, word('step-pay', 'deny', { by: 'bob' })),
  ]);
  const winners = both.filter(({ status }) => status === 'fulfilled');
  expect(winners).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'approval_decided' },
  });
  const events = await system.events(run.id);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const decided = events.find((event) => event.type === 'approval.decided');
  if (both[0].status === 'fulfilled') {
    expect(decided).toMatchObject({ decision: 'approved', by: 'ann', stepId: 'pay' });
    expect(paid).toEqual([{ to: 'bob', amount: 7 }]);
    expect(events.at(-1)?.type).toBe('run.completed');
  } else {
    expect(decided).toMatchObject({ decision: 'denied', by: 'bob', stepId: 'pay' });
    expect(paid).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'step_failed' } });
  }
  await system.keepHistories('approved', run.id);
});

test('arguments that are too large for an event can be read in a file before they are approved', async () => {
  const args = { path: 'out/large.txt', content: 'a line like any other\n'.repeat(5_000) };
  const run = await system.start([{ id: 'write', tool: 'file_write', args }], { approvals: 'all' });
  const approval = await asked(run.id, 'step-write');
  expect(approval.args).toBeNull();
  const request = (await system.log.read(run.id, 0, 100)).find(({ type }) => type === 'approval.requested');
  expect(request).toMatchObject({ argsRef: '.perdure/approvals/step-write.json' });
  expect(request).not.toHaveProperty('args');
  const scope = { tenantId: 'acme', runId: run.id };
  const { content } = await system.workspace.get(scope, '.perdure/approvals/step-write.json');
  expect(JSON.parse(await text(content))).toEqual(args);
  await system.engine.decide(run.id, word('step-write', 'approve', { argsHash: approval.argsHash }));
  expect((await system.events(run.id)).at(-1)?.type).toBe('run.completed');
  const written = await system.workspace.get(scope, 'out/large.txt');
  expect(await text(written.content)).toBe(args.content);
});

test('arguments that a person has changed are what the tool is given, as they are', async () => {
  paid.length = 0;
  const run = await system.start([{ id: 'pay', tool: 'pay', args: { to: 'bob', amount: 1_000 } }], {
    approvals: 'all',
  });
  await asked(run.id, 'step-pay');
  const args = { to: '{{steps.nothing.output}}', amount: 10 };
  // Sent again, it is the same decision.
  const decision = word('step-pay', 'approve', { args });
  expect(await system.engine.decide(run.id, decision)).toBe(true);
  await system.engine.decide(run.id, decision);
  const events = await system.events(run.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: 10 });
  expect(paid).toEqual([args]);
  expect(events.find((event) => event.type === 'approval.decided')).toMatchObject({ args });
  await expect(system.engine.decide(run.id, word('step-pay', 'deny'))).resolves.toBe(false);
});

test('a plan is approved before its first step; denied, the run fails and nothing was done', async () => {
  const steps = [{ id: 'a', tool: 'echo', args: {} }];
  const [yes, no] = await Promise.all([
    system.start(steps, { approvals: 'plan' }),
    system.start(steps, { approvals: 'plan' }),
  ]);
  for (const { id } of [yes, no]) {
    expect(await asked(id, 'plan')).toMatchObject({ kind: 'plan', stepId: null, args: null });
    expect(typesOf(await system.log.read(id, 0, 100))).not.toContain('step.started');
  }
  await system.engine.decide(yes.id, word('plan', 'approve'));
  await system.engine.decide(no.id, word('plan', 'deny', { note: 'too dear' }));
  expect(typesOf(await system.events(yes.id)).at(-1)).toBe('run.completed');
  const denied = await system.events(no.id);
  expect(denied.at(-1)).toMatchObject({
    type: 'run.failed',
    error: { code: 'approval_denied', message: 'ann denied it: too dear' },
  });
  expect(typesOf(denied)).not.toContain('step.started');
  await system.keepHistories('plan-approved', yes.id);
});

test('a step of the plan asks for itself; time over, its own word counts', async () => {
  const approval = (onTimeout: string) => ({ approval: { timeoutSeconds: 1, onTimeout, note: 'look' } });
  const run = await system.start([
    { id: 'yes', tool: 'echo', args: {}, ...approval('approve') },
    { id: 'no', tool: 'echo', args: {}, ...approval('deny'), onFailure: 'continue' },
    { id: 'after', tool: 'echo', args: {}, dependsOn: ['no'] },
  ]);
  expect(await asked(run.id, 'step-yes')).toMatchObject({ note: 'look' });
  const events = await system.events(run.id);
  expect(typesOf(events, 'yes')).toEqual([
    ...['approval.requested', 'approval.decided', 'step.started', 'step.completed', 'supervisor.decided'],
  ]);
  expect(events.find(({ type, stepId }) => type === 'step.failed' && stepId === 'no')).toMatchObject({
    error: { code: 'approval_denied', message: 'nobody decided in time' },
  });
  expect(typesOf(events, 'after')).toEqual([]);
  expect(await system.approvals.find('acme', run.id, 'step-no')).toMatchObject({
    status: 'denied',
    decidedBy: null,
  });
});

test('a run that waits for a word can be paused and cancelled; what was asked is closed', async () => {
  const run = await system.start([{ id: 'a', tool: 'echo', args: {}, approval: true }]);
  await asked(run.id, 'step-a');
  await system.engine.pause(run.id, { by: null, reason: null });
  await expect.poll(() => statusOf(run.id)).toBe('paused');
  await system.engine.decide(run.id, word('step-a', 'approve'));
  await sleep(500);
  expect(typesOf(await system.log.read(run.id, 0, 100))).not.toContain('step.started');
  await system.engine.resume(run.id, { by: null });
  expect(typesOf(await system.events(run.id)).at(-1)).toBe('run.completed');

  const other = await system.start([{ id: 'a', tool: 'echo', args: {}, approval: true }]);
  await asked(other.id, 'step-a');
  expect(await system.engine.cancel(other.id, null)).toBe(true);
  expect(typesOf(await system.events(other.id)).at(-1)).toBe('run.cancelled');
  expect(await system.approvals.find('acme', other.id, 'step-a')).toMatchObject({ status: 'closed' });
  expect((await system.approvals.list('acme', { status: 'pending' }, 50)).approvals).toEqual([]);
  const all = await system.approvals.list('acme', { runId: other.id }, 50);
  expect(all.approvals.map(({ id }) => id)).toEqual(['step-a']);
});

test('what cannot be resolved is not asked for: the step fails', async () => {
  const run = await system.start([
    { id: 'a', tool: 'echo', args: {} },
    { id: 'b', tool: 'echo', args: { v: '{{steps.a.output.missing}}' }, approval: true },
  ]);
  const events = await system.events(run.id);
  expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({
    stepId: 'b',
    error: { code: 'reference_unresolved' },
  });
});
