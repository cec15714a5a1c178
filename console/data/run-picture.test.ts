/** What events make of the picture of a run. */
import { expect, test } from 'vitest';
import type { RunEvent } from 'perdure/client';
import { dependenciesOf, RunPicture } from './run-picture.js';

const began = Date.parse('2026-11-26T00:00:00.000Z');
let seq = 0;
const event = (type: RunEvent['type'], seconds: number, more: object = {}): RunEvent =>
  ({
    type,
    seq: (seq += 1),
    runId: 'r',
    at: new Date(began + seconds * 1_000).toISOString(),
    ...more,
  }) as RunEvent;

function pictureOf(make: () => RunEvent[]): RunPicture {
  seq = 0;
  const picture = new RunPicture();
  for (const one of make()) picture.apply(one);
  return picture;
}

const plan = {
  steps: [
    { id: 'a', tool: 'echo', args: {} },
    { id: 'b', tool: 'http_fetch', args: { url: '{{steps.a.output.url}}' } },
    { id: 'c', tool: 'echo', args: {}, dependsOn: ['b'] },
  ],
};
const error = { code: 'http_error', message: 'it is down', retryable: true };
const start = (): RunEvent[] => [
  event('run.queued', 0, { goal: 'g' }),
  event('run.started', 1),
  event('plan.created', 1, { plan, version: 1 }),
];

test('attempts, pauses and waits of a step are stretches of its time', () => {
  const { steps } = pictureOf(() => [
    ...start(),
    event('approval.requested', 2, { stepId: 'b', approvalId: 'x', kind: 'step', argsHash: '' }),
    event('approval.decided', 5, { stepId: 'b', approvalId: 'x', decision: 'approved' }),
    event('step.started', 5, { stepId: 'b', attempt: 1, tool: 'http_fetch' }),
    event('step.retrying', 6, { stepId: 'b', attempt: 1, error, nextAttempt: 2 }),
    event('step.started', 8, { stepId: 'b', attempt: 2, tool: 'http_fetch' }),
    event('step.completed', 9, { stepId: 'b', attempt: 2, output: { value: 1 }, durationMs: 900 }),
  ]);
  const second = (at: number | null): number | null => (at === null ? null : (at - began) / 1_000);
  expect(
    steps.get('b')?.stretches.map(({ kind, from, to, outcome }) => [kind, second(from), second(to), outcome]),
  ).toEqual([
    ['approval', 2, 5, 'completed'],
    ['attempt', 5, 6, 'failed'],
    ['pause', 6, 8, 'completed'],
    ['attempt', 8, 9, 'completed'],
  ]);
  expect(steps.get('b')).toMatchObject({ state: 'completed', attempt: 2, errors: [{ attempt: 1, error }] });
});

test('a plan that is revised keeps what has happened, and lets go what has not begun', () => {
  const { steps, plan: revised } = pictureOf(() => [
    ...start(),
    event('step.started', 2, { stepId: 'a', attempt: 1, tool: 'echo' }),
    event('plan.updated', 3, {
      version: 2,
      madeBy: 'model',
      removed: ['c'],
      steps: [
        { id: 'b', tool: 'echo', args: {} },
        { id: 'd', tool: 'echo', args: {}, dependsOn: ['b'] },
      ],
    }),
  ]);
  expect([...steps.values()].map(({ id, tool, state }) => [id, tool, state])).toEqual([
    ['a', 'echo', 'running'],
    ['b', 'echo', 'pending'],
    ['d', 'echo', 'pending'],
  ]);
  expect(revised?.steps.map(({ id }) => id)).toEqual(['a', 'b', 'd']);
});

test('a run waits while somebody is asked, and says so', () => {
  const picture = pictureOf(() => [
    ...start(),
    event('approval.requested', 2, { stepId: 'a', approvalId: 'x', kind: 'step', argsHash: '' }),
  ]);
  expect([picture.status, picture.waitingApprovals.length]).toEqual(['waiting', 1]);
  picture.apply(event('approval.decided', 3, { stepId: 'a', approvalId: 'x', decision: 'denied' }));
  expect([picture.status, picture.waitingApprovals.length]).toEqual(['running', 0]);
});

test('the end of a run is the end of what was under way', () => {
  const picture = pictureOf(() => [
    ...start(),
    event('step.started', 2, { stepId: 'a', attempt: 1, tool: 'echo' }),
    event('run.cancelled', 3),
  ]);
  expect([...picture.steps.values()].map(({ state }) => state)).toEqual(['cancelled', 'skipped', 'skipped']);
  expect(picture.steps.get('a')?.stretches[0]).toMatchObject({ outcome: 'cancelled' });
  expect(picture.status).toBe('cancelled');
});

test('what came twice, as after a reconnect, counts once', () => {
  seq = 0;
  const events = [...start(), event('step.started', 2, { stepId: 'a', attempt: 1, tool: 'echo' })];
  const picture = new RunPicture();
  for (const one of [...events, ...events]) picture.apply(one);
  expect([picture.lastSeq, picture.events.length]).toEqual([4, 4]);
});

test('a model’s text is gathered, and begins again with an attempt', () => {
  const picture = pictureOf(start);
  const say = (type: 'output.delta' | 'output.reset', text = ''): void => {
    picture.apply({ type, runId: 'r', at: new Date(began).toISOString(), stepId: 'a', attempt: 1, text });
  };
  say('output.delta', 'Once ');
  say('output.delta', 'upon');
  expect(picture.steps.get('a')?.text).toBe('Once upon');
  say('output.reset');
  expect(picture.steps.get('a')?.text).toBe('');
});

test('a step that nothing has happened to keeps its identity', () => {
  const picture = pictureOf(start);
  const before = picture.steps.get('c');
  picture.apply(event('step.started', 2, { stepId: 'a', attempt: 1, tool: 'echo' }));
  expect(picture.steps.get('c')).toBe(before);
});

test('a cost is unknown once one of its parts is', () => {
  const call = (costUsd: number | null): RunEvent =>
    event('model.called', 3, {
      role: 'tool',
      model: 'm',
      inputTokens: 10,
      outputTokens: 5,
      costUsd,
      durationMs: 1,
    });
  const { usage } = pictureOf(() => [...start(), call(0.5), call(null), call(0.5)]);
  expect(usage.map(({ costUsd }) => costUsd)).toEqual([0.5, null, null]);
  expect(usage.at(-1)).toMatchObject({ inputTokens: 30, outputTokens: 15 });
});

test('a step waits for what it names and for what its arguments refer to', () => {
  expect(
    dependenciesOf({
      args: { x: ['{{ steps.a.output }} and {{steps.b-1.output.y}}'] },
      dependsOn: ['a', 'z'],
    }),
  ).toEqual(['a', 'z', 'b-1']);
});
