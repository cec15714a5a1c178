import { expect, test } from 'vitest';
import { changedPlan, changeProblem, nextTryOf, repointed, type PlanChange } from './plan-change.js';
import type { Plan, PlanStep } from './plan.js';

const step = (id: string, more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  tool: 'echo',
  args: {},
  ...more,
});
const plan: Plan = {
  steps: [step('a'), step('b', { dependsOn: ['a'] }), step('c', { args: { x: '{{steps.b.output.y}}' } })],
};
const change = (steps: PlanStep[], remove: string[] = []): PlanChange => ({ steps, remove });
const ids = ({ steps }: Plan) => steps.map(({ id }) => id);

test('what is put in stands where the step of that id stood, what is new at the end', () => {
  const changed = changedPlan(plan, {
    ...change([step('b', { title: 'new' }), step('d')], ['c']),
    maxParallel: 2,
  });
  expect(ids(changed)).toEqual(['a', 'b', 'd']);
  expect(changed.steps[1]?.title).toBe('new');
  expect(changed.maxParallel).toBe(2);
  expect(ids(plan)).toEqual(['a', 'b', 'c']);
});

test('what waits for a step waits for its second try, by name and by reference', () => {
  expect(repointed(step('b', { dependsOn: ['a', 'x'] }), 'a', 'a-2').dependsOn).toEqual(['a-2', 'x']);
  const args = {
    one: '{{steps.a.output[0].z}} {{steps.ab.output}} {{ steps.a.output }}',
    two: ['{{inputs.data.a}}'],
  };
  expect(repointed(step('b', { args }), 'a', 'a-2').args).toEqual({
    one: '{{steps.a-2.output[0].z}} {{steps.ab.output}} {{ steps.a-2.output }}',
    two: ['{{inputs.data.a}}'],
  });
  const other = step('b', { args: { text: 'steps.a.output' } });
  expect(repointed(other, 'a', 'a-2')).toBe(other);
  // A plan that is handed on has references of its own.
  const nested = {
    goal: '{{steps.a.output}}',
    plan: { steps: [{ id: 'a' }, { args: { t: '{{steps.a.output}}' } }] },
  };
  expect(repointed(step('b', { tool: 'delegate', args: nested }), 'a', 'a-2').args).toEqual({
    ...nested,
    goal: '{{steps.a-2.output}}',
  });
});

test('tries are counted, within what an id may be', () => {
  const taken = (id: string) => ['a-2', 'x-2-2'].includes(id);
  expect(nextTryOf('a', taken)).toBe('a-3');
  expect(nextTryOf('a-3', taken)).toBe('a-4');
  expect(nextTryOf('year-2024', taken)).toBe('year-2025');
  expect(nextTryOf('z'.repeat(64), taken)).toBe(`${'z'.repeat(62)}-2`);
});

const statusOf = (id: string) => (({ a: 'begun', b: 'open', c: 'open', x: 'dead' }) as const)[id];

test.each<[string, PlanChange, string | undefined]>([
  ['changes what has not begun', change([step('b'), step('d', { dependsOn: ['a', 'c'] })]), undefined],
  ['removes what nothing waits for', change([], ['c']), undefined],
  ['changes what has begun', change([step('a')]), '"a" has begun'],
  ['changes what is over', change([step('x')]), '"x" has begun or is over'],
  ['removes what is not there', change([], ['z']), 'no step "z"'],
  ['names a step twice', change([step('b')], ['b']), '"b" is named twice'],
  ['removes what is waited for', change([], ['b']), '"c" waits for "b"'],
  ['waits for nothing', change([step('d', { dependsOn: ['z'] })]), '"d" waits for "z", which is not'],
  ['waits for what has failed', change([step('d', { dependsOn: ['x'] })]), '"x", which has no output'],
  ['waits in a circle', change([step('b', { dependsOn: ['c'] })]), 'wait for each other'],
])('a change that %s', (_name, given, problem) => {
  const found = changeProblem({ steps: [...plan.steps, step('x')] }, given, statusOf);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(problem);
});

test('a plan without a step is none', () => {
  expect(changeProblem({ steps: [step('b')] }, change([], ['b']), () => 'open')).toBe(
    'no step would be left',
  );
});
