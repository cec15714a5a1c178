/**
 * Irreversible calls of a step's model of which nothing is heard: as for a step of the plan, their key, their own word, and
 * where there is neither a person's; never a guess. With workers that are killed: tests/faults/agent-call.test.ts.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import type { DecisionRequest } from '../../contracts/messages.js';
import { testDirectory, TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { defineTool, type Tool, type Verification } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let system: System;
let folder: { directory: string; remove: () => Promise<void> };
/** The keys under which the service was called. */
let calls: string[] = [];
/** What it does, call by call; it acts where nothing is told. */
let does: ('act' | 'hang' | 'lose' | 'refuse')[] = [];
/** What it says of itself. */
let said: Verification = { outcome: 'unknown' };

const irreversible = (name: string, more: Partial<Tool<{ to: string }>> = {}): Tool =>
  defineTool({
    name,
    description: 'cannot be undone',
    args: z.strictObject({ to: z.string() }),
    effect: 'irreversible',
    timeoutSeconds: 2,
    execute({ to }, { idempotencyKey }) {
      calls.push(idempotencyKey);
      const next = does.shift();
      if (next === 'hang') return new Promise(() => undefined);
      if (next === 'lose') throw new PerdureError('outcome_unknown', 'the line broke after it was sent');
      if (next === 'refuse') throw new PerdureError('tool_failed', 'no such account');
      return Promise.resolve({ output: { paid: to } });
    },
    ...more,
  });

const tools = ['pay', 'pay_by_key', 'pay_and_ask'];
beforeAll(async () => {
  folder = await testDirectory();
  const file = path.join(folder.directory, 'script.json');
  const conversations = tools.map((tool) => ({
    when: `by ${tool}.`,
    answers: [{ calls: [{ tool, args: { to: 'bob' } }] }, { text: 'Done.' }],
  }));
  await writeFile(file, JSON.stringify({ conversations }));
  system = await startSystem({
    tools: [
      irreversible('pay'),
      irreversible('pay_by_key', { keyed: true }),
      irreversible('pay_and_ask', { verify: () => Promise.resolve(said) }),
    ],
    settings: { PERDURE_MODEL: `scripted:${file}` },
  });
}, TEMPORAL_TIMEOUT_MS);
beforeEach(() => {
  [calls, does, said] = [[], [], { outcome: 'unknown' }];
});
afterAll(async () => {
  await system.release();
  await folder.remove();
});

const CALL = 'call-1-0-work';
const outcome = (attempt: number): string => `outcome-call-1-0-${attempt}-work`;
const say = (runId: string, approvalId: string, more: Partial<DecisionRequest> = {}) =>
  system.engine.decide(runId, {
    ...{ approvalId, decision: 'approve' as const, argsHash: null, args: null, note: null, by: 'ann' },
    ...more,
  });
async function asked(runId: string, id: string) {
  await expect
    .poll(() => system.approvals.find('acme', runId, id), { timeout: 30_000 })
    .toMatchObject({ status: 'pending' });
  return system.approvals.find('acme', runId, id);
}

/** A run whose model asks for the tool; a person is asked whether it may. */
async function begun(tool: string): Promise<string> {
  const args = { task: `Pay bob by ${tool}.`, tools: [tool] };
  const { id } = await system.start([{ id: 'work', tool: 'agent', args }]);
  await asked(id, CALL);
  return id;
}
/** The attempt has a beginning and no end, as a worker leaves it that is lost. */
const leave = (runId: string, attempt: number) =>
  system.log.append(runId, [
    {
      type: 'agent.calling',
      key: `step/work/call/1-0/calling${attempt === 1 ? '' : `/${attempt}`}`,
      at: new Date().toISOString(),
      stepId: 'work',
      attempt: 1,
      data: { turn: 1, tool: 'pay' },
    },
  ]);
async function cutOff(tool: string): Promise<string> {
  const id = await begun(tool);
  await leave(id, 1);
  await say(id, CALL);
  return id;
}
const of = <T extends RunEvent['type']>(events: readonly RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
const completed = { type: 'run.completed', result: { text: 'Done.' } };

test('a person is asked; what has not acted is called, with the same key, and asked about again when it is lost again', async () => {
  const id = await begun('pay');
  await leave(id, 1);
  await say(id, CALL, { args: { to: 'eve' } });
  expect(await asked(id, outcome(1))).toMatchObject({
    kind: 'outcome',
    stepId: 'work',
    tool: 'pay',
    // As a person had changed them.
    args: { to: 'eve' },
    note: 'attempt 1 of pay was cut off; whether it acted is not known',
  });
  expect((await system.store.findRun('acme', id))?.status).toBe('waiting');
  await leave(id, 2);
  await say(id, outcome(1));
  await asked(id, outcome(2));
  expect(calls).toEqual([]);
  await say(id, outcome(2));
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject(completed);
  expect(calls).toEqual([`${id}/work/1-0`]);
  expect(of(events, 'agent.called')).toMatchObject([{ tool: 'pay', args: { to: 'eve' } }]);
  expect(of(events, 'agent.calling')).toHaveLength(3);
});

test('what has acted is not called, and the model reads what the person says of it', async () => {
  const id = await cutOff('pay');
  await asked(id, outcome(1));
  await say(id, outcome(1), { output: { value: { receipt: 'R-7' } } });
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject(completed);
  expect(calls).toEqual([]);
  expect(of(events, 'agent.called')).toHaveLength(1);
  const { content } = await system.workspace.get(
    { tenantId: 'acme', runId: id },
    '.perdure/agents/work/outcome-1-0.json',
  );
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual({ output: '{"receipt":"R-7"}' });
});

test('denied, the step has failed, and nobody knows; so it has where the run ends first', async () => {
  const [denied, cancelled] = await Promise.all([cutOff('pay'), cutOff('pay')]);
  await Promise.all([asked(denied, outcome(1)), asked(cancelled, outcome(1))]);
  await say(denied, outcome(1), { decision: 'deny', note: 'the bank is closed' });
  await system.engine.cancel(cancelled, null);
  const [first, second] = [await system.events(denied), await system.events(cancelled)];
  expect(of(first, 'step.failed')).toMatchObject([
    { error: { code: 'outcome_unknown', message: expect.stringContaining('the bank is closed') as string } },
  ]);
  expect(first.at(-1)?.type).toBe('run.failed');
  expect(of(second, 'step.failed')).toMatchObject([{ error: { code: 'outcome_unknown' } }]);
  expect(second.at(-1)?.type).toBe('run.cancelled');
  expect(calls).toEqual([]);
});

test('a tool that can find out is asked, and no person', async () => {
  said = { outcome: 'acted', output: { receipt: 'R-8' } };
  const done = await system.events(await cutOff('pay_and_ask'));
  expect(calls).toEqual([]);
  said = { outcome: 'not_acted' };
  const not = await system.events(await cutOff('pay_and_ask'));
  expect(calls).toHaveLength(1);
  for (const events of [done, not]) {
    expect(events.at(-1)).toMatchObject(completed);
    expect(of(events, 'approval.requested').map(({ approvalId }) => approvalId)).toEqual([CALL]);
  }
  said = { outcome: 'unknown' };
  const unknown = await cutOff('pay_and_ask');
  await asked(unknown, outcome(1));
  await system.engine.cancel(unknown, null);
  await system.events(unknown);
});

test('a tool whose service heeds the key is called again, with the same one', async () => {
  const cut = await cutOff('pay_by_key');
  expect((await system.events(cut)).at(-1)).toMatchObject(completed);
  expect(calls).toEqual([`${cut}/work/1-0`]);
  calls = [];
  does = ['hang', 'lose'];
  const id = await begun('pay_by_key');
  await say(id, CALL);
  expect((await system.events(id)).at(-1)).toMatchObject(completed);
  expect(calls).toEqual(Array(3).fill(`${id}/work/1-0`));
});

test.each([
  ['took too long', 'hang', 'pay took longer than 2 s'],
  ['says that it cannot know', 'lose', 'the line broke after it was sent'],
] as const)('one that %s is asked about, and no word of it goes to the model', async (_, how, why) => {
  does = [how];
  const id = await begun('pay');
  await say(id, CALL);
  expect(await asked(id, outcome(1))).toMatchObject({
    kind: 'outcome',
    note: `${why}; whether it acted is not known`,
  });
  await say(id, outcome(1));
  const events = await system.events(id);
  expect(events.at(-1)).toMatchObject(completed);
  expect(calls).toHaveLength(2);
  expect(of(events, 'agent.called').map(({ error }) => error)).toEqual([undefined]);
});

test('one that says that it has failed has not acted, and the model reads that', async () => {
  does = ['refuse'];
  const id = await begun('pay');
  await say(id, CALL);
  const events = await system.events(id);
  expect(of(events, 'agent.called')).toMatchObject([{ error: { code: 'tool_failed' } }]);
  expect(calls).toHaveLength(1);
});
