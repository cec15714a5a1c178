import { describe, expect, it } from 'vitest';
import { checkPlan, dependenciesOf } from './check-plan.js';
import { planSchema } from './plan.js';

const known = () => [];
const plan = (steps: object[]) => planSchema.parse({ steps });

describe('checkPlan', () => {
  it('accepts a graph whose references point at steps and inputs that exist', () => {
    const p = plan([
      { id: 'a', tool: 'echo', args: { v: '{{inputs.data.name}}' } },
      { id: 'b', tool: 'echo', args: { v: 'x {{steps.a.output.v}}' } },
    ]);
    expect(checkPlan(p, { name: 'n' }, known)).toEqual([]);
    expect(p.steps.map(dependenciesOf)).toEqual([[], ['a']]);
  });

  it('lets nobody who writes a plan speak for whom it asks', () => {
    const p = plan([
      { id: 'a', tool: 'ask_human', args: { question: 'May I?', answer: null } },
      { id: 'b', tool: 'wait_for_event', args: { name: 'paid', answer: '{{steps.a.output.answer}}' } },
      { id: 'c', tool: 'echo', args: { answer: 'anything' } },
    ]);
    expect(checkPlan(p, undefined, known)).toEqual([
      { field: 'plan.steps[0].args.answer', message: 'must not be given: a person answers it' },
      { field: 'plan.steps[1].args.answer', message: 'must not be given: it comes with the event' },
    ]);
  });

  it('names the later of two equal ids', () => {
    const p = plan([
      { id: 'a', tool: 'echo' },
      { id: 'a', tool: 'echo' },
    ]);
    expect(checkPlan(p, undefined, known)).toEqual([
      { field: 'plan.steps[1].id', message: '"a" is already the id of plan.steps[0]' },
    ]);
  });

  it('finds a cycle through dependsOn and references, and writes it out', () => {
    const p = plan([
      { id: 'a', tool: 'echo', dependsOn: ['c'] },
      { id: 'b', tool: 'echo', args: { v: '{{steps.a.output}}' } },
      { id: 'c', tool: 'echo', dependsOn: ['b'] },
      { id: 'd', tool: 'echo', dependsOn: ['c'] },
    ]);
    const [error] = checkPlan(p, undefined, known);
    expect(error?.field).toMatch(/^plan\.steps\[\d\]\.dependsOn$/);
    expect(error?.message).toMatch(/->.*->.*->/);
  });

  it('finds a step that waits for itself', () => {
    expect(
      checkPlan(plan([{ id: 'a', tool: 'echo', dependsOn: ['a'] }]), undefined, known)[0]?.message,
    ).toContain('a -> a');
  });

  it('names the field of every broken reference, dependency, tool and argument', () => {
    const p = plan([
      { id: 'a', tool: 'nope', dependsOn: ['ghost'], args: { list: [{ v: '{{steps.ghost.output}}' }] } },
      { id: 'b', tool: 'echo', args: { v: '{{inputs.data.missing}}', w: '{{steps.a.result}}' } },
    ]);
    const errors = checkPlan(p, {}, (tool) =>
      tool === 'nope' ? undefined : [{ path: ['v'], message: 'bad' }],
    );
    expect(errors.map((e) => e.field)).toEqual([
      'plan.steps[0].dependsOn[0]',
      'plan.steps[0].args.list[0].v',
      'plan.steps[0].tool',
      'plan.steps[1].args.v',
      'plan.steps[1].args.w',
      'plan.steps[1].args.v',
    ]);
  });
});
