/** What is sent of a plan that was edited. */
import { expect, test } from 'vitest';
import type { PlanStep } from '../../contracts/plan.js';
import { stepsOf } from './draft.js';
import { planChangeOf } from './plan-change.js';

const before: PlanStep[] = [
  { id: 'a', tool: 'echo', args: { text: 'x' }, title: 'First' },
  {
    id: 'b',
    tool: 'echo',
    args: {},
    dependsOn: ['a'],
    approval: { note: 'Have a look', timeoutSeconds: 60 },
  },
  { id: 'c', tool: 'wait', args: { seconds: 1 }, dependsOn: ['b'], onFailure: 'continue' },
];
let key = 0;
const drafts = () => stepsOf(before, () => (key += 1));

test('nothing changed is nothing sent', () => {
  expect(planChangeOf(before, drafts())).toBeNull();
});

test('only what was changed, taken out or added is sent, each step whole', () => {
  const [a, , c] = drafts();
  if (a === undefined || c === undefined) throw new Error('the form has lost steps');
  expect(
    planChangeOf(before, [
      { ...a, args: { text: 'y' } },
      { ...c, dependsOn: ['a'] },
      { ...a, key: 99, id: 'd', title: '' },
    ]),
  ).toEqual({
    steps: [
      { id: 'a', title: 'First', tool: 'echo', args: { text: 'y' } },
      { id: 'c', tool: 'wait', args: { seconds: 1 }, dependsOn: ['a'], onFailure: 'continue' },
      { id: 'd', tool: 'echo', args: { text: 'x' } },
    ],
    remove: ['b'],
  });
});

test('how a person is asked stays as it is, unless nobody shall be', () => {
  const [a, b, c] = drafts();
  if (a === undefined || b === undefined || c === undefined) throw new Error('the form has lost steps');
  expect(planChangeOf(before, [a, { ...b, title: 'Second' }, c])?.steps?.[0]?.approval).toEqual(
    before[1]?.approval,
  );
  expect(planChangeOf(before, [a, { ...b, approval: false }, c])?.steps?.[0]).not.toHaveProperty('approval');
  expect(planChangeOf(before, [{ ...a, approval: true }, b, c])?.steps?.[0]?.approval).toBe(true);
});
