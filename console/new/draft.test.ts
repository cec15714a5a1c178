/** What the form would send. */
import { expect, test } from 'vitest';
import { submitRunSchema } from '../../contracts/runs.js';
import { curlOf, emptyDraft, stepsOf, submissionOf, type Draft } from './draft.js';

const step = {
  key: 1,
  id: 'a',
  title: '',
  tool: 'echo',
  args: { text: 'hi', more: undefined },
  dependsOn: [],
  approval: false,
  onFailure: 'stop',
} as const;

test('what is empty is left out, and the rest is what the API takes', () => {
  const draft: Draft = {
    ...emptyDraft,
    goal: ' Greet ',
    steps: [
      step,
      { ...step, key: 2, id: 'b', title: 'Say it', dependsOn: ['a'], approval: true, onFailure: 'continue' },
    ],
    files: [{ path: 'in/a.txt', bytes: 2, contentBase64: 'aGk=' }],
    metadata: 'team = blue\n\nformula=a=b',
    approvals: 'all',
    budget: { ...emptyDraft.budget, maxCostUsd: '0.5', onExhausted: 'pause' },
  };
  const submission = submissionOf(draft);
  expect(submission).toEqual({
    goal: 'Greet',
    plan: {
      steps: [
        { id: 'a', tool: 'echo', args: { text: 'hi' } },
        {
          id: 'b',
          title: 'Say it',
          tool: 'echo',
          args: { text: 'hi' },
          dependsOn: ['a'],
          approval: true,
          onFailure: 'continue',
        },
      ],
    },
    inputs: { files: [{ path: 'in/a.txt', contentBase64: 'aGk=' }] },
    metadata: { team: 'blue', formula: 'a=b' },
    approvals: 'all',
    budget: { maxCostUsd: 0.5, onExhausted: 'pause' },
  });
  expect(submitRunSchema.safeParse(submission).success).toBe(true);
  expect(submissionOf({ ...emptyDraft, goal: 'g', hasPlan: false })).toEqual({ goal: 'g' });
});

test('quotes in a goal stay quotes in a shell', () => {
  const text = curlOf('http://x', { goal: "it's" }, true);
  expect(text).toContain(`"it's"`);
  expect(text.split('\n').filter((line) => line === 'JSON')).toHaveLength(1);
  expect(text).toContain('Bearer $PERDURE_TOKEN');
});

test('a plan that was pasted becomes steps, or says what it is not', () => {
  let key = 0;
  const next = (): number => (key += 1);
  expect(stepsOf({ steps: [{ id: 'a', tool: 'wait', args: { seconds: 1 } }, {}] }, next)).toMatchObject([
    { id: 'a', tool: 'wait', args: { seconds: 1 }, onFailure: 'stop' },
    { id: 'step-2', tool: 'echo' },
  ]);
  expect(() => stepsOf(7, next)).toThrow('list of steps');
  expect(() => stepsOf([7], next)).toThrow('Step 1');
});
