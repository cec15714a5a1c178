/** Runs that go on from another one: what has been done is not done again, and what cannot be undone only when told. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Problem } from '../../contracts/api.js';
import type { RunEvent } from '../../contracts/events.js';
import { PerdureError } from '../../contracts/errors.js';
import type { Run } from '../../contracts/answers.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { defineTool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

let system: System;
let server: Awaited<ReturnType<typeof listen>>;
const calls: string[] = [];
/** What fails while it is in here. */
const broken = new Set<string>();
let isUnknown = false;

const tool = (name: string, effect: 'reversible' | 'irreversible') =>
  defineTool({
    name,
    description: 'notes that it was called',
    args: z.strictObject({ of: z.string(), size: z.number().optional(), saveAs: z.string().optional() }),
    effect,
    timeoutSeconds: 10,
    async execute({ of, size = 0, saveAs }, context) {
      calls.push(of);
      if (saveAs !== undefined) await context.files.write(saveAs, `by ${of}`);
      if (broken.has(of))
        throw new PerdureError(isUnknown ? 'outcome_unknown' : 'tool_failed', `${of} is broken`);
      return { output: { of, text: 'x'.repeat(size) } };
    },
  });

beforeAll(async () => {
  system = await startSystem({ tools: [tool('note', 'reversible'), tool('pay', 'irreversible')] });
  const fakes = createFakes();
  const { store: runs, log, engine, workspace, tools, agents } = system;
  server = await listen(
    createApp(dependenciesOf(fakes, { runs, log, engine, workspace, tools, agents })).app,
  );
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await server.close();
  await system.release();
});
beforeEach(() => {
  calls.length = 0;
  broken.clear();
  isUnknown = false;
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const accepted = async (answer: Response): Promise<Run> => {
  const run = (await answer.json()) as Run;
  expect(answer.status, JSON.stringify(run)).toBe(202);
  return run;
};
const refused = async (answer: Response): Promise<[number, string, string?]> => {
  const { code, detail } = (await answer.json()) as Problem;
  return code === 'irreversible_repeat' ? [answer.status, code, detail] : [answer.status, code];
};
const submit = async (steps: object[], more: object = {}): Promise<{ id: string; events: RunEvent[] }> => {
  const { id } = await accepted(await post('/v1/runs', { goal: 'g', plan: { steps }, ...more }));
  return { id, events: await system.events(id) };
};
const note = (id: string, more: object = {}, args: object = {}) => ({
  ...{ id, tool: 'note', args: { of: id, ...args } },
  ...more,
});

test('retry: what failed is done again, over the outputs and the files of what has not', async () => {
  broken.add('c');
  const source = await submit(
    [
      note('a', {}, { size: 20_000, saveAs: 'a.txt' }),
      note('b', { dependsOn: ['a'] }),
      { id: 'c', tool: 'note', args: { of: 'c', size: '{{inputs.data.size}}' }, dependsOn: ['b'] },
      {
        ...{ id: 'd', tool: 'javascript', dependsOn: ['c'] },
        args: { code: 'return data.length', data: '{{steps.a.output.text}}' },
      },
    ],
    { inputs: { data: { size: 3 } }, metadata: { team: 'blue' }, approvals: 'never', priority: 2 },
  );
  expect(source.events.at(-1)?.type).toBe('run.failed');
  expect(calls).toEqual(['a', 'b', 'c']);
  broken.clear();
  const run = await accepted(await post(`/v1/runs/${source.id}/retry`, {}));
  expect(run).toMatchObject({
    goal: 'g',
    metadata: { team: 'blue' },
    origin: { kind: 'retry', runId: source.id },
  });
  const events = await system.events(run.id);
  expect(calls).toEqual(['a', 'b', 'c', 'c']);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { value: 20_000 } });
  expect(events.filter(({ type }) => type === 'step.reused')).toMatchObject([
    { stepId: 'a', fromRunId: source.id },
    { stepId: 'b', fromRunId: source.id },
  ]);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const [file] = await system.workspace.list({ tenantId: 'local', runId: run.id });
  expect(file?.path).toBe('a.txt');
  await system.keepHistories('retried', run.id);
  // The source is as it was, and what is reused is not counted as done.
  expect((await system.events(source.id)).at(-1)?.type).toBe('run.failed');
  const record = await system.store.getRun('local', run.id);
  expect(record).toMatchObject({ status: 'completed', usage: { steps: 2 }, settings: { priority: 2 } });
  expect(await refused(await post(`/v1/runs/${run.id}/retry`, {}))).toEqual([409, 'nothing_to_retry']);
});

test('fork: a step with other arguments, and all that builds on it; the rest is reused, from where it was done', async () => {
  const source = await submit([note('a'), note('b', { dependsOn: ['a'] }), note('c', { dependsOn: ['b'] })]);
  expect(calls).toEqual(['a', 'b', 'c']);
  const fork = { fromStep: 'b', args: { of: 'other b' }, goal: 'another goal', metadata: { team: 'red' } };
  const run = await accepted(await post(`/v1/runs/${source.id}/fork`, fork, { 'idempotency-key': 'fork-1' }));
  expect(run).toMatchObject({
    ...{ goal: 'another goal', metadata: { team: 'red' } },
    origin: { kind: 'fork', runId: source.id, fromStep: 'b' },
  });
  expect((await system.events(run.id)).at(-1)?.type).toBe('run.completed');
  expect(calls).toEqual(['a', 'b', 'c', 'other b', 'c']);
  // The same request again is the same run; another one is not.
  const again = await post(`/v1/runs/${source.id}/fork`, fork, { 'idempotency-key': 'fork-1' });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect((await accepted(again)).id).toBe(run.id);
  const other = await post(`/v1/runs/${source.id}/fork`, { fromStep: 'c' }, { 'idempotency-key': 'fork-1' });
  expect(await refused(other)).toEqual([422, 'idempotency_key_reused']);

  const second = await accepted(await post(`/v1/runs/${run.id}/fork`, { fromStep: 'c' }));
  const reused = (await system.events(second.id)).flatMap((event) =>
    event.type === 'step.reused' ? [[event.stepId, event.fromRunId, event.output]] : [],
  );
  expect(reused).toEqual([
    ['a', source.id, { value: { of: 'a', text: '' } }],
    ['b', run.id, { value: { of: 'other b', text: '' } }],
  ]);
  expect(calls.slice(5)).toEqual(['c']);
});

test('what cannot be undone is not done twice unless it is named', async () => {
  const pay = (id: string, more: object = {}) => ({ ...note(id, more), tool: 'pay' });
  const done = await submit([pay('paid'), note('after', { dependsOn: ['paid'] })]);
  const again = await post(`/v1/runs/${done.id}/fork`, { fromStep: 'paid' });
  expect(await refused(again)).toEqual([
    ...[409, 'irreversible_repeat', 'must name "paid": it cannot be undone, and has been done'],
  ]);
  // Reused, it is not in the way.
  const beside = await accepted(await post(`/v1/runs/${done.id}/fork`, { fromStep: 'after' }));
  await system.events(beside.id);
  expect(calls).toEqual(['paid', 'after', 'after']);
  const twice = await accepted(
    await post(`/v1/runs/${done.id}/fork`, { fromStep: 'paid', repeat: ['paid'] }),
  );
  await system.events(twice.id);
  expect(calls.slice(3)).toEqual(['paid', 'after']);

  broken.add('x');
  isUnknown = true;
  const uncertain = await accepted(await post('/v1/runs', { goal: 'g', plan: { steps: [pay('x')] } }));
  // Nobody knows whether it was done, and whoever is asked does not, either.
  const outcome = async () =>
    (await system.approvals.list('local', { runId: uncertain.id, status: 'pending' }, 1)).approvals[0];
  await expect.poll(outcome, { timeout: 20_000 }).toMatchObject({ kind: 'outcome' });
  await system.engine.decide(uncertain.id, {
    ...{ approvalId: (await outcome())?.id ?? '', decision: 'deny' },
    ...{ argsHash: null, args: null, note: null, by: null },
  });
  await system.events(uncertain.id);
  expect(await refused(await post(`/v1/runs/${uncertain.id}/retry`, {}))).toEqual([
    ...[409, 'irreversible_repeat', 'must name "x": it cannot be undone, and may have been done'],
  ]);
  isUnknown = false;
  const refusedByTool = await submit([pay('x')]);
  broken.clear();
  // A tool that has said that it failed has done nothing.
  const retried = await accepted(await post(`/v1/runs/${refusedByTool.id}/retry`, {}));
  expect((await system.events(retried.id)).at(-1)?.type).toBe('run.completed');
  const told = await accepted(await post(`/v1/runs/${uncertain.id}/retry`, { repeat: ['x'] }));
  expect((await system.events(told.id)).at(-1)?.type).toBe('run.completed');
});

test('what makes no sense is refused, and approvals are asked for anew', async () => {
  const open = await accepted(
    await post('/v1/runs', {
      goal: 'g',
      plan: { steps: [{ id: 'w', tool: 'wait', args: { seconds: 3_600 } }] },
    }),
  );
  expect(await refused(await post(`/v1/runs/${open.id}/retry`, {}))).toEqual([409, 'run_open']);
  expect(await refused(await post(`/v1/runs/${open.id}/fork`, { fromStep: 'w' }))).toEqual([409, 'run_open']);
  await post(`/v1/runs/${open.id}/cancel`, {});
  await system.events(open.id);
  const cancelled = await accepted(await post(`/v1/runs/${open.id}/retry`, {}));
  await post(`/v1/runs/${cancelled.id}/cancel`, {});

  const done = await submit([note('a')]);
  for (const [body, code] of [
    [{ fromStep: 'b' }, 'invalid_request'],
    [{}, 'invalid_request'],
    [{ fromStep: 'a', tool: 'nothing' }, 'invalid_plan'],
    [{ fromStep: 'a', args: { of: 1 } }, 'invalid_plan'],
    [{ fromStep: 'a', args: { of: '{{steps.z.output}}' } }, 'invalid_plan'],
    [{ fromStep: 'a', agent: 'nobody' }, 'unknown_agent'],
  ] as const)
    expect(await refused(await post(`/v1/runs/${done.id}/fork`, body))).toEqual([422, code]);
  const unknown = '01a20eca-d14f-72ca-9ad6-7b45cd32c878';
  expect(await refused(await post(`/v1/runs/${unknown}/retry`, {}))).toMatchObject([404, 'run_not_found']);

  broken.add('b');
  const asked = await accepted(
    await post('/v1/runs', { goal: 'g', plan: { steps: [note('a'), note('b')] }, approvals: 'plan' }),
  );
  const approve = async (id: string): Promise<void> => {
    await expect
      .poll(() => system.approvals.find('local', id, 'plan'), { timeout: 20_000 })
      .toMatchObject({ status: 'pending' });
    const word = {
      approvalId: 'plan',
      decision: 'approve',
      argsHash: null,
      args: null,
      note: null,
      by: null,
    } as const;
    await system.engine.decide(id, word);
  };
  await approve(asked.id);
  await system.events(asked.id);
  broken.clear();
  const retried = await accepted(await post(`/v1/runs/${asked.id}/retry`, {}));
  await approve(retried.id);
  expect((await system.events(retried.id)).at(-1)?.type).toBe('run.completed');
});
