/** Tools by workers of their own: where each runs, and that a step comes to the same ends as where one worker does all. */
import { activityInfo } from '@temporalio/activity';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import { workflowIdOf } from '../../contracts/messages.js';
import { testDirectory, TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { explain } from '../../src/diagnosis/explain.js';
import { gather } from '../../src/diagnosis/gather.js';
import { createFakes } from '../../src/api/testing/fakes.js';
import { defineTool, type Effect, type Tool } from '../../src/tools/tool.js';
import { startSystem, type System } from './support/system.js';

/** What the tools did, with the task queue of whoever had them do it. */
let acts: string[] = [];
const act = (what: string): void => {
  acts.push(`${what} at ${activityInfo().taskQueue}`);
};

const tool = (name: string, effect: Effect, more: Partial<Tool<{ what: string }>> = {}): Tool =>
  defineTool({
    name,
    description: `acts: ${effect}`,
    args: z.strictObject({ what: z.string() }),
    effect,
    timeoutSeconds: 30,
    async execute({ what }, { attempt, files, signal, progress }) {
      act(`${name} ${what}`);
      progress('half of it');
      if (what === 'hang')
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('stopped'));
          });
        });
      if (what === 'busy' && attempt < 3) throw new PerdureError('tool_unavailable', 'not now');
      if (what === 'never') throw new PerdureError('tool_invalid_args', 'never');
      if (what === 'file') await files.write('out.txt', 'written');
      return { output: what === 'much' ? 'x'.repeat(100_000) : { did: what } };
    },
    ...more,
  });

/** Called as a quick one would be, which only those that are built in may be. */
const ownQuick = tool('own_quick', 'read', { quick: true });

let system: System;
let folder: Awaited<ReturnType<typeof testDirectory>>;
beforeAll(async () => {
  folder = await testDirectory();
  const script = path.join(folder.directory, 'script.json');
  const call = (name: string, what: string) => ({ tool: name, args: { what } });
  await writeFile(
    script,
    JSON.stringify({
      conversations: [
        {
          when: 'two calls',
          answers: [{ calls: [call('look', 'a'), call('look', 'never')] }, { text: 'Seen.' }],
        },
        { when: 'send it', answers: [{ calls: [call('send', 'hang')] }, { text: 'Sent.' }] },
        { when: 'send and look', answers: [{ calls: [call('send_and_ask', 'hang')] }, { text: 'Found.' }] },
        { when: 'send briefly', answers: [{ calls: [call('send_briefly', 'hang')] }, { text: 'Told.' }] },
      ],
    }),
  );
  system = await startSystem({
    toolsApart: true,
    settings: { PERDURE_MODEL: `scripted:${script}` },
    tools: [
      tool('look', 'read'),
      tool('send', 'irreversible'),
      tool('send_briefly', 'irreversible', { timeoutSeconds: 1 }),
      tool('send_and_ask', 'irreversible', {
        timeoutSeconds: 1,
        verify: ({ what }) => {
          act(`ask about ${what}`);
          return Promise.resolve({ outcome: 'acted', output: { found: what } });
        },
      }),
      defineTool({
        ...tool('later', 'read'),
        args: z.strictObject({ what: z.string() }),
        execute: () => Promise.resolve({ deferSeconds: 1 }),
      }),
      ownQuick,
    ],
  });
}, TEMPORAL_TIMEOUT_MS);
afterAll(async () => {
  await system.release();
  await folder.remove();
});
beforeEach(() => {
  acts = [];
});

const step = (name: string, what: string, more: object = {}) => ({
  id: 'work',
  tool: name,
  args: { what },
  ...more,
});
const run = async (...steps: object[]): Promise<RunEvent[]> => system.events((await system.start(steps)).id);
const ofStep = (events: readonly RunEvent[], id = 'work'): string[] =>
  events
    .filter(({ stepId }) => stepId === id)
    .map(({ type, attempt }) => (attempt === undefined ? type : `${type} ${attempt}`));
const begun = (): Promise<void> => expect.poll(() => acts.length, { timeout: 20_000 }).toBeGreaterThan(0);
const queues = async (runId: string): Promise<string[]> => {
  const { events } = await system.client.workflow.getHandle(workflowIdOf(runId)).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled == null ? [] : [`${scheduled.activityType?.name ?? ''} at ${scheduled.taskQueue?.name ?? ''}`],
  );
};

test('calls are made at the queue of tools, and journalled at that of runs; what is quick and ours stays', async () => {
  const { id } = await system.start([
    { id: 'first', tool: 'echo', args: { text: 'file' } },
    step('look', '{{steps.first.output.text}}', { dependsOn: ['first'] }),
    { id: 'read', tool: 'file_read', args: { path: 'out.txt' }, dependsOn: ['work'] },
  ]);
  const events = await system.events(id);
  expect(acts).toEqual(['look file at perdure-tools']);
  expect(await queues(id)).toEqual(['runTool at perdure', 'callTool at perdure-tools', 'runTool at perdure']);
  expect(ofStep(events)).toEqual([
    ...['step.started 1', 'artifact.created 1', 'step.completed 1', 'supervisor.decided'],
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { content: 'written' } });
  await system.keepHistories('tools-apart', id);
});

test('large arguments and outputs go by the workspace', async () => {
  const events = await run(step('look', 'much'), {
    id: 'next',
    tool: 'look',
    args: { what: '{{steps.work.output}}' },
    dependsOn: ['work'],
  });
  expect(events.find(({ type }) => type === 'step.completed')).toMatchObject({ output: { bytes: 100_002 } });
  expect(events.at(-1)).toMatchObject({ type: 'run.completed' });
  expect(acts).toHaveLength(2);
  expect(acts[1]).toHaveLength('look  at perdure-tools'.length + 100_000);
});

test('failures: passing ones are tried again, lasting ones end the step', async () => {
  expect(ofStep(await run(step('look', 'busy')))).toEqual([
    ...['step.started 1', 'step.retrying 1', 'step.started 2', 'step.retrying 2', 'step.started 3'],
    ...['step.completed 3', 'supervisor.decided'],
  ]);
  const failed = await run(step('look', 'never'));
  expect(ofStep(failed).slice(0, 2)).toEqual(['step.started 1', 'step.failed 1']);
  expect(failed.find(({ type }) => type === 'step.failed')).toMatchObject({
    error: { code: 'tool_invalid_args' },
  });
});

test('a tool that is to be completed later, and one of somebody’s own that calls itself quick', async () => {
  const events = await run(step('later', 'a'), {
    id: 'own',
    tool: 'own_quick',
    args: { what: 'b' },
    dependsOn: ['work'],
  });
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { did: 'b' } });
  expect(acts).toEqual(['own_quick b at perdure-tools']);
});

test('a run that is cancelled stops its tool; of what cannot be undone nobody claims to know', async () => {
  const reversible = await system.start([step('look', 'hang')]);
  await begun();
  await system.engine.cancel(reversible.id, null);
  const events = await system.events(reversible.id);
  expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({ error: { code: 'cancelled' } });
  expect(events.at(-1)?.type).toBe('run.cancelled');
  acts = [];
  const irreversible = await system.start([step('send', 'hang')]);
  await begun();
  await system.engine.cancel(irreversible.id, null);
  expect((await system.events(irreversible.id)).find(({ type }) => type === 'step.failed')).toMatchObject({
    error: { code: 'outcome_unknown' },
  });
});

test('an irreversible tool that was too slow is asked what it did, by its own worker; without a word a person is', async () => {
  const { id } = await system.start([step('send_and_ask', 'hang')]);
  expect((await system.events(id)).at(-1)).toMatchObject({
    type: 'run.completed',
    result: { found: 'hang' },
  });
  expect(acts).toEqual(['send_and_ask hang at perdure-tools', 'ask about hang at perdure-tools']);
  const silent = await system.start([step('send_briefly', 'hang')]);
  await expect
    .poll(() => system.approvals.find('acme', silent.id, 'outcome-1-work'), { timeout: 20_000 })
    .toMatchObject({ status: 'pending', kind: 'outcome' });
  await system.engine.cancel(silent.id, null);
  await system.events(silent.id);
});

test('what a model asks for is called there, too', async () => {
  const { id } = await system.start([
    { id: 'work', tool: 'agent', args: { task: 'two calls', tools: ['look'] } },
  ]);
  const events = await system.events(id);
  expect(acts).toEqual(['look a at perdure-tools', 'look never at perdure-tools']);
  expect(events.filter(({ type }) => type === 'agent.called')).toMatchObject([
    { tool: 'look', args: { what: 'a' } },
    { tool: 'look', error: { code: 'tool_invalid_args' } },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'Seen.' } });
});

test('an irreversible call of a model that is stopped with its run: nobody claims to know', async () => {
  const { id } = await system.start(
    [{ id: 'work', tool: 'agent', args: { task: 'send it', tools: ['send'] } }],
    {},
  );
  const pending = async () =>
    (await system.approvals.list('acme', { runId: id, status: 'pending' }, 10)).approvals;
  await expect.poll(pending, { timeout: 20_000 }).toHaveLength(1);
  const [approval] = await pending();
  await system.engine.decide(id, {
    ...{ approvalId: approval?.id ?? '', argsHash: approval?.argsHash ?? null, decision: 'approve' },
    ...{ args: null, note: null, by: 'me' },
  });
  await begun();
  await system.engine.cancel(id, null);
  expect((await system.events(id)).find(({ type }) => type === 'step.failed')).toMatchObject({
    error: { code: 'outcome_unknown' },
  });
});

test('what became of an irreversible call of a model of which nothing is heard is asked there; else of a person', async () => {
  const approve = async (runId: string, approvalId: string, more: object = {}) => {
    await expect
      .poll(() => system.approvals.find('acme', runId, approvalId), { timeout: 20_000 })
      .toMatchObject({ status: 'pending' });
    const word = {
      approvalId,
      argsHash: null,
      decision: 'approve' as const,
      args: null,
      note: null,
      by: 'me',
    };
    await system.engine.decide(runId, { ...word, ...more });
  };
  const agent = (task: string, name: string) =>
    system.start([{ id: 'work', tool: 'agent', args: { task, tools: [name] } }]);
  const [found, silent] = await Promise.all([
    agent('send and look', 'send_and_ask'),
    agent('send briefly', 'send_briefly'),
  ]);
  for (const { id } of [found, silent]) await approve(id, 'call-1-0-work');
  expect((await system.events(found.id)).at(-1)).toMatchObject({
    type: 'run.completed',
    result: { text: 'Found.' },
  });
  await approve(silent.id, 'outcome-call-1-0-1-work', { output: { value: 'I have seen it' } });
  const events = await system.events(silent.id);
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', result: { text: 'Told.' } });
  expect(events.filter(({ type }) => type === 'agent.called')).toMatchObject([{ tool: 'send_briefly' }]);
  expect(acts.toSorted()).toEqual([
    'ask about hang at perdure-tools',
    'send_and_ask hang at perdure-tools',
    'send_briefly hang at perdure-tools',
  ]);
});

test('a worker of tools that is stopped hands the call back; with none, why says so, and cancelling begins nothing', async () => {
  const { id } = await system.start([step('look', 'hang')]);
  await begun();
  await system.toolWorker.stop();
  const sources = {
    ...createFakes(),
    ...{ runs: system.store, approvals: system.approvals, log: system.log, inspector: system.inspector },
    ...{ workspace: system.workspace, bus: system.bus, tools: system.tools },
  };
  const why = async () => explain(await gather(sources, 'acme', id));
  await expect.poll(async () => (await why()).cause, { timeout: 60_000 }).toBe('no_worker_polling');
  const { sentence, whatToDo } = await why();
  expect(sentence).toMatch(
    /^No worker polls the task queue of tools "perdure-tools": the last poll was .*, and step "work" \(look\) has waited for one for \d+ s\.$/,
  );
  expect(whatToDo).toContain('PERDURE_WORKER_ROLE=tools');
  const before = acts.length;
  const sent = await system.start([step('send', 'now')]);
  await expect.poll(() => queues(sent.id), { timeout: 20_000 }).toContain('callTool at perdure-tools');
  await system.engine.cancel(sent.id, null);
  expect((await system.events(sent.id)).find(({ type }) => type === 'step.failed')).toMatchObject({
    error: { code: 'cancelled' },
  });
  await system.toolWorker.start();
  await expect.poll(() => acts.length, { timeout: 20_000 }).toBeGreaterThan(before);
  expect(acts.filter((said) => said.startsWith('send'))).toEqual([]);
  await system.engine.cancel(id, null);
  expect(ofStep(await system.events(id)).slice(0, 3)).toEqual([
    ...['step.started 1', 'step.retrying 1', 'step.started 2'],
  ]);
}, 120_000);
