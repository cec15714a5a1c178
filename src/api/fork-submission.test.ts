import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewEvent } from '../../contracts/events.js';
import { planSchema } from '../../contracts/plan.js';
import type { Run } from '../../contracts/answers.js';
import { createApp } from './create-app.js';
import { createFakes, dependenciesOf, type Fakes } from './testing/fakes.js';
import { listen } from './testing/listen.js';

let fakes: Fakes;
let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  fakes = createFakes();
  server = await listen(createApp(dependenciesOf(fakes)).app);
});
afterEach(() => server.close());

const post = async (address: string, body: object): Promise<Run> =>
  (await (
    await fetch(server.url + address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json()) as Run;

test('what failed and was then done otherwise by the supervisor is not done again by a retry', async () => {
  const at = new Date().toISOString();
  const plan = planSchema.parse({ steps: [{ id: 'get', tool: 'echo' }] });
  const { id } = await post('/v1/runs', { goal: 'g', plan });
  const error = { code: 'tool_failed', message: 'no', retryable: false };
  const step = (stepId: string): { key: string; at: string; stepId: string } => ({
    key: `step/${stepId}/end`,
    at,
    stepId,
  });
  const events: NewEvent[] = [
    { type: 'plan.created', key: 'plan/1', at, data: { plan, version: 1, madeBy: 'caller' } },
    { type: 'step.failed', ...step('get'), data: { error } },
    {
      type: 'plan.updated',
      key: 'plan/2',
      at,
      data: {
        ...{ version: 2, removed: [], madeBy: 'model', retried: { step: 'get', as: 'get-2' } },
        steps: planSchema.parse({
          steps: [
            { id: 'get-2', tool: 'echo' },
            { id: 'use', tool: 'echo' },
          ],
        }).steps,
      },
    },
    { type: 'step.completed', ...step('get-2'), data: { output: { value: 1 }, durationMs: 1 } },
    { type: 'run.failed', key: 'run/end', at, data: { error } },
  ];
  await fakes.log.append(id, events);
  await post(`/v1/runs/${id}/retry`, {});
  expect(fakes.engine.starts.at(-1)).toMatchObject({
    plan: { steps: [{ id: 'get-2' }, { id: 'use' }] },
    reused: { from: id, statuses: 'c.' },
  });
});
