/** Agents over HTTP: who there is, and what runs of theirs may be. */
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

const submit = async (body: object): Promise<{ status: number; answer: Record<string, unknown> }> => {
  const response = await fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ goal: 'g', ...body }),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};
const planOf = (...tools: string[]) => ({
  steps: tools.map((tool, i) => ({ id: `s${i}`, tool, args: { path: 'a' } })),
});

test('agents are listed without what their models are told', async () => {
  const answer = await fetch(`${server.url}/v1/agents`);
  const text = await answer.text();
  expect((JSON.parse(text) as { agents: object[] }).agents).toMatchObject([
    { name: 'default', tools: ['echo', 'write_file'] },
    { name: 'echoer', models: { planner: ['openai:m'] }, maxSteps: 5, approvals: 'irreversible' },
    { name: 'planner' },
  ]);
  expect(text).not.toContain('secret instructions');
});

test('an unknown agent is refused with the list of those there are', async () => {
  const { status, answer } = await submit({ agent: 'smith', plan: planOf('echo') });
  expect(status).toBe(422);
  expect(answer).toMatchObject({
    code: 'unknown_agent',
    errors: [{ field: 'agent', message: 'must be one of "default", "echoer", "planner"' }],
  });
});

test('a goal alone is for an agent that has a planner', async () => {
  expect(await submit({})).toMatchObject({
    status: 422,
    answer: { code: 'model_not_configured', errors: [{ field: 'plan' }] },
  });
  const accepted = await submit({ agent: 'echoer' });
  expect(accepted).toMatchObject({ status: 202, answer: { agent: 'echoer', plan: null } });
  expect(fakes.engine.starts).toMatchObject([{ plan: null, run: { agent: 'echoer' } }]);
});

test('a given plan may call nothing that its agent may not', async () => {
  const refused = await submit({ agent: 'echoer', plan: planOf('echo', 'write_file', 'nothing') });
  expect(refused).toMatchObject({
    status: 422,
    answer: {
      code: 'invalid_plan',
      errors: [
        { field: 'plan.steps[2].tool', message: 'there is no tool "nothing"' },
        { field: 'plan.steps[1].tool', message: 'the agent "echoer" may not call "write_file"' },
      ],
    },
  });
  expect((await submit({ plan: planOf('write_file') })).status).toBe(202);
});

test.each([
  ['the default agent’s own plan asks for nothing', {}, undefined],
  ['what a caller asks for counts', { approvals: 'plan' }, 'plan'],
  ['an agent’s policy is the least', { agent: 'echoer', approvals: 'never' }, 'irreversible'],
  ['and both where they differ', { agent: 'echoer', approvals: 'plan' }, 'all'],
  ['or the stricter one', { agent: 'echoer', approvals: 'all' }, 'all'],
])('approvals: %s', async (_, more, approvals) => {
  expect((await submit({ ...more, plan: planOf('echo') })).status).toBe(202);
  expect(fakes.engine.starts[0]?.approvals).toBe(approvals);
});

test('what a model plans cannot be undone without a word, unless the caller says that it may', async () => {
  for (const agent of ['planner', 'echoer']) {
    await submit({ agent });
    await submit({ agent, approvals: 'never' });
  }
  expect(fakes.engine.starts.map(({ approvals }) => approvals)).toEqual([
    ...['irreversible', undefined],
    ...['irreversible', 'irreversible'],
  ]);
});
