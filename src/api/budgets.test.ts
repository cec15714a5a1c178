/** Budgets in requests: whose limits count, and that a used-up one wants a larger one. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from './create-app.js';
import { checkedFetch as fetch } from './testing/checked-fetch.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  fakes = createFakes();
  server = await listen(createApp(dependenciesOf(fakes)).app);
});
afterEach(() => server.close());

const post = async (path: string, body: object) => {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const submit = (budget: unknown) =>
  post('/v1/runs', { goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] }, budget });

test.each([
  [{}, 'budget'],
  [{ onExhausted: 'pause' }, 'budget'],
  [{ maxTokens: 0 }, 'budget.maxTokens'],
  [{ maxSteps: 1.5 }, 'budget.maxSteps'],
  [{ maxCostUsd: -1 }, 'budget.maxCostUsd'],
  [{ maxCostUsd: '1' }, 'budget.maxCostUsd'],
  [{ maxSeconds: 1e12 }, 'budget.maxSeconds'],
  [{ maxTokens: 1, onExhausted: 'shrug' }, 'budget.onExhausted'],
  [{ maxTokens: 1, maxWords: 1 }, 'budget.maxWords'],
])('%j is no budget', async (budget, field) => {
  const { status, body } = await submit(budget);
  expect(status).toBe(422);
  expect(JSON.stringify(body.errors)).toContain(`"field":"${field}"`);
});

test('a used-up budget wants a larger limit of what is used up', async () => {
  const { status, body } = await submit({ maxTokens: 100, maxSteps: 9, onExhausted: 'pause' });
  expect([status, body.budget]).toEqual([202, { maxTokens: 100, maxSteps: 9, onExhausted: 'pause' }]);
  const id = String(body.id);
  expect((await post(`/v1/runs/${id}/resume`, { budget: { maxSteps: 20 } })).status).toBe(202);
  await fakes.store.log.append(id, [
    {
      type: 'budget.exhausted',
      key: 'b',
      at: new Date().toISOString(),
      data: { limit: 'tokens', max: 100, used: 120, onExhausted: 'pause' },
    },
  ]);
  for (const given of [{}, { budget: { maxSteps: 50 } }, { budget: { maxTokens: 100 } }]) {
    const refused = await post(`/v1/runs/${id}/resume`, given);
    expect([refused.status, refused.body.code]).toEqual([409, 'budget_exhausted']);
    expect(refused.body.errors).toEqual([{ field: 'budget.maxTokens', message: 'must be more than 100' }]);
  }
  expect((await post(`/v1/runs/${id}/resume`, { budget: { maxTokens: 101 } })).status).toBe(202);
});
