import { describe, expect, it } from 'vitest';
import { planSchema } from '../contracts/plan.js';
import { Deadlines } from './deadlines.js';
import { picture } from './picture.js';
import { RunState } from './run-state.js';

const plan = planSchema.parse({
  steps: [
    { id: 'a', tool: 'echo' },
    { id: 'b', tool: 'echo', dependsOn: ['a'] },
    { id: 'c', tool: 'echo', args: { v: '{{steps.b.output}}' } },
    { id: 'd', tool: 'wait', args: { seconds: 9 } },
  ],
});
const slow = (): boolean => false;
const timer = { attempt: 1, startedAt: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:00:09.000Z' };
const startAll = (state: RunState): string[] => {
  const started: string[] = [];
  for (let step = state.start(); step !== undefined; step = state.start()) started.push(step.id);
  return started;
};

describe('RunState', () => {
  it('starts what is ready, in order, and the rest as it becomes so', () => {
    const state = new RunState(plan, slow);
    expect(startAll(state)).toEqual(['a', 'd']);
    state.complete('a');
    expect(startAll(state)).toEqual(['b']);
    state.complete('b');
    expect(startAll(state)).toEqual(['c']);
    state.complete('c');
    state.wait('d', timer);
    expect(state.resume(Date.parse(timer.until) - 1)).toBeUndefined();
    expect(state.resume(Date.parse(timer.until))).toMatchObject({ step: { id: 'd' }, timer });
    state.complete('d');
    expect(state.snapshot()).toMatchObject({ total: 4, completed: 4, running: [], waiting: [] });
    expect(state.resultSteps()).toEqual(['c', 'd']);
  });

  it('skips all that depends on a failed step, directly or not, and nothing else', () => {
    const state = new RunState(plan, slow);
    startAll(state);
    expect(state.dependants('a')).toEqual(['b', 'c']);
    state.fail('a', 'because');
    expect(state.snapshot()).toMatchObject({ failed: 1, skipped: 2, running: ['d'] });
    expect(startAll(state)).toEqual([]);
  });

  it('goes on in the next execution where it was in this one', () => {
    const first = new RunState(plan, slow);
    startAll(first);
    first.complete('a');
    first.wait('d', timer);
    const second = new RunState(
      plan,
      slow,
      JSON.parse(JSON.stringify(first.carry())) as ReturnType<typeof first.carry>,
    );
    expect(second.nextWait()).toMatchObject({ step: { id: 'd' }, at: Date.parse(timer.until) });
    expect(startAll(second)).toEqual(['b']);
    second.fail('b', 'why not');
    const third = new RunState(plan, slow, second.carry());
    expect(third.snapshot()).toMatchObject({ completed: 1, failed: 1, skipped: 1, waiting: ['d'] });
    expect(picture('a goal', third)).toContain('echo: b (failed: why not)');
  });

  it('takes quick steps in a row, each after those it waits for, and leaves the others', () => {
    const isQuick = ({ tool }: { tool: string }): boolean => tool === 'echo';
    const steps = [
      { id: 'a', tool: 'echo' },
      { id: 'slow', tool: 'sql', dependsOn: ['a'] },
      { id: 'b', tool: 'echo', dependsOn: ['a'] },
      { id: 'c', tool: 'echo', dependsOn: ['a', 'b'] },
      { id: 'd', tool: 'echo', dependsOn: ['slow'] },
      { id: 'e', tool: 'echo' },
    ];
    const state = new RunState(planSchema.parse({ steps }), isQuick);
    expect(state.startRow(2).map(({ id }) => id)).toEqual(['a', 'b']);
    state.complete('a');
    // Not carried out: it is taken again, by itself where it asked for that.
    state.putBack('b', false);
    expect(state.startRow(9).map(({ id }) => id)).toEqual(['e', 'b', 'c']);
    expect(state.endsWith(3)).toBe(false);
    state.putBack('c', false);
    state.putBack('b', true);
    state.complete('e');
    expect(startAll(state)).toEqual(['slow', 'b']);
    state.complete('b');
    state.complete('slow');
    expect(state.startRow(9).map(({ id }) => id)).toEqual(['c', 'd']);
    expect(state.endsWith(2)).toBe(true);
    expect(state.resultSteps(true)).toEqual(['c', 'd', 'e']);
  });

  it('leaves nothing open when the run is stopped', () => {
    const state = new RunState(plan, slow);
    startAll(state);
    state.wait('d', timer);
    expect(state.stop()).toEqual({ begun: ['a', 'd'], uncertain: [] });
    expect(state.snapshot()).toMatchObject({ failed: 2, skipped: 2, running: [], waiting: [] });
  });

  it('draws the most telling steps of a plan that is too long to draw', () => {
    const steps = Array.from({ length: 100 }, (_, i) => ({ id: `s${i}`, tool: 'echo' }));
    const state = new RunState(planSchema.parse({ steps }), slow);
    for (let i = 0; i < 60; i++) state.start();
    for (let i = 0; i < 59; i++) state.complete(`s${i}`);
    state.fail('s59', 'out of luck');
    const lines = picture('a goal', state).split('\n');
    expect(lines[2]).toBe('**59 of 100 steps done**: 1 failed, 40 pending, 59 completed');
    expect(lines[4]).toContain('s59 (failed: out of luck)');
    expect(lines.at(-1)).toBe('- … and 60 more');
  });

  it('is carried within a fraction of a payload, whatever became of a plan of the largest size', () => {
    const steps = Array.from({ length: 10_000 }, (_, i) => ({
      id: `step-with-a-long-name-${i}`,
      tool: 'wait',
    }));
    const size = (state: RunState): number => JSON.stringify(state.carry()).length;
    const waiting = new RunState(planSchema.parse({ steps }), slow);
    for (let step = waiting.start(); step !== undefined; step = waiting.start()) waiting.wait(step.id, timer);
    expect(size(waiting)).toBeLessThan(500_000);
    const failed = new RunState(planSchema.parse({ steps }), slow);
    for (let step = failed.start(); step !== undefined; step = failed.start())
      failed.fail(step.id, 'x'.repeat(400));
    expect(size(failed)).toBeLessThan(60_000);
  });
});

describe('Deadlines', () => {
  it('gives what is due, earliest first', () => {
    const deadlines = new Deadlines();
    const times = Array.from({ length: 500 }, (_, i) => (i * 7919) % 503);
    times.forEach((at, i) => {
      deadlines.add({ at, stepId: String(i) });
    });
    const taken: number[] = [];
    for (let due = deadlines.takeDue(300); due !== undefined; due = deadlines.takeDue(300))
      taken.push(due.at);
    expect(taken).toEqual(times.filter((at) => at <= 300).toSorted((a, b) => a - b));
    expect(deadlines.earliest()?.at).toBe(Math.min(...times.filter((at) => at > 300)));
  });
});
