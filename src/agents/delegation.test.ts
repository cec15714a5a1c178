import { expect, test } from 'vitest';
import type { Agent } from '../../contracts/agents.js';
import { createDelegation } from './delegation.js';

const agent = (name: string, tools: string[], planner: string[] = []): Agent => ({
  ...{ name, tools, description: '', instructions: '', maxSteps: 5 },
  supervision: { maxChanges: 10, maxSteps: 5 },
  models: { planner, supervisor: [], tool: [] },
  ...{ approvals: 'never', hosts: [], output: null },
});
const agents = [
  agent('lead', ['echo', 'file_read', 'delegate'], ['scripted:x']),
  agent('reader', ['file_read'], ['scripted:x']),
  agent('sender', ['file_read', 'send']),
  agent('mute', ['echo']),
];
const delegation = createDelegation({
  agents: { list: () => agents, find: (name) => agents.find((each) => each.name === name) },
  tools: { list: () => [], checkArgs: (name) => (name === 'nothing' ? undefined : []) },
});
const plan = (tool: string) => ({ steps: [{ id: 'a', tool }] });

test('nobody hands on more than they have', () => {
  expect(delegation.check('lead', { goal: 'g', agent: 'reader' })).toMatchObject({
    agent: 'reader',
    plan: null,
  });
  expect(delegation.check('lead', { goal: 'g' })).toMatchObject({ agent: 'lead' });
  expect(() => delegation.check('lead', { goal: 'g', agent: 'sender', plan: plan('file_read') })).toThrow(
    'may call send, which lead may not',
  );
  expect(() => delegation.check('reader', { goal: 'g', plan: plan('echo') })).toThrow(
    'there is no tool "echo"',
  );
});

test('what cannot begin is refused at once', () => {
  expect(() => delegation.check('lead', { goal: 'g', agent: 'nobody' })).toThrow('no agent "nobody"');
  expect(() => delegation.check('lead', { goal: 'g', agent: 'mute' })).toThrow('no model');
  expect(() =>
    delegation.check('lead', {
      goal: 'g',
      plan: { steps: [{ id: 'a', tool: 'echo', args: { text: '{{steps.b.output}}' } }] },
    }),
  ).toThrow('there is no step "b"');
});
