import { expect, test } from 'vitest';
import type { SuperviseResult } from '../contracts/judgements.js';
import { SupervisorBounds } from './supervisor-bounds.js';

const limits = { maxChanges: 6, maxSteps: 4 };
const wish = (
  more: Partial<SuperviseResult>,
): Pick<SuperviseResult, 'decision' | 'steps' | 'signature' | 'limits'> => ({
  decision: 'retry',
  limits,
  ...more,
});
const isNew = () => true;
/** What the first wish that is refused is told, and how many were granted. */
function granted(wishes: ReturnType<typeof wish>[], bounds = new SupervisorBounds()) {
  for (const [i, each] of wishes.entries()) {
    const problem = bounds.problem('a', each, isNew);
    if (problem !== undefined) return [i, problem.message] as const;
    bounds.note(each, isNew);
  }
  return [wishes.length, ''] as const;
}

test('the same with the same result is done three times, and no more', () => {
  const [times, why] = granted(Array.from({ length: 9 }, () => wish({ signature: 'x' })));
  expect(times).toBe(2);
  expect(why).toContain('3 times with the same arguments and the same result');
});

test('so is what alternates', () => {
  const signatures = ['x', 'y', 'x', 'y', 'x', 'y'];
  expect(granted(signatures.map((signature) => wish({ signature })))[0]).toBe(4);
});

test('other results are no loop, but changes are counted', () => {
  const [times, why] = granted(
    Array.from({ length: 9 }, (_, i) => wish({ decision: 'replan', signature: String(i) })),
  );
  expect(times).toBe(6);
  expect(why).toContain('6 times');
});

test('steps that are added are counted, and those that are changed are not', () => {
  const step = (id: string) => ({ id, tool: 'echo', args: {} });
  const two = wish({ decision: 'replan', steps: [step('a'), step('b')] });
  const [times, why] = granted([two, two, two]);
  expect(times).toBe(2);
  expect(why).toContain('more than 4 steps');
  const bounds = new SupervisorBounds();
  for (let i = 0; i < 5; i += 1) bounds.note(two, () => false);
  expect(bounds.problem('a', two, () => false)).toBeUndefined();
});

test('what is carried counts on', () => {
  const bounds = new SupervisorBounds();
  granted([wish({ signature: 'x' }), wish({ signature: 'x' })], bounds);
  const next = new SupervisorBounds(bounds.carry());
  expect(next.problem('a', wish({ signature: 'x' }), isNew)?.code).toBe('supervisor_no_end');
  expect(next.carry()).toEqual(bounds.carry());
});
