/** Changes of a plan that is under way: pure, for the workflow, the API and whoever shows a plan make the same of them. */
import { dependenciesOf, findCycle, referringArgs } from './check-plan.js';
import type { Plan, PlanStep } from './plan.js';
import { renameInReferences } from './references.js';

/** The most versions that one plan may have. */
export const MAX_PLAN_VERSIONS = 200;

/** What PATCH brings, what a supervisor proposes, and what `plan.updated` tells. */
export interface PlanChange {
  /** Each takes the place of the step with its id, or is added at the end. */
  steps: PlanStep[];
  /** Ids. */
  remove: string[];
  maxParallel?: number;
}

/** The key of the event that brought a version of the plan: created with 1. */
export const planKey = (version: number): string => `plan/${version}`;

/** The plan with the change made, whatever it leads to. */
export function changedPlan(plan: Plan, { steps, remove, maxParallel }: PlanChange): Plan {
  const put = new Map(steps.map((step) => [step.id, step]));
  const gone = new Set(remove);
  const known = new Set(plan.steps.map(({ id }) => id));
  return {
    ...plan,
    steps: [
      ...plan.steps.filter(({ id }) => !gone.has(id)).map((step) => put.get(step.id) ?? step),
      ...steps.filter(({ id }) => !known.has(id)),
    ],
    ...(maxParallel === undefined ? {} : { maxParallel }),
  };
}

/** The step, where it waits for `from` or refers to it, with `to` in its place; the very same where it does not. */
export function repointed(step: PlanStep, from: string, to: string): PlanStep {
  if (!dependenciesOf(step).includes(from)) return step;
  const args = renameInReferences(referringArgs(step), from, to) as PlanStep['args'];
  return {
    ...step,
    args: { ...step.args, ...args },
    ...(step.dependsOn === undefined
      ? {}
      : { dependsOn: step.dependsOn.map((id) => (id === from ? to : id)) }),
  };
}

/** An id that the plan does not have: `a-2` for the second try of `a`, `a-3` for the third. */
export function nextTryOf(id: string, taken: (id: string) => boolean): string {
  const [, stem = id, number = '1'] = /^(.+)-(\d{1,4})$/.exec(id) ?? [];
  for (let n = Number(number) + 1; ; n++) {
    const end = `-${n}`;
    const next = stem.slice(0, 64 - end.length) + end;
    if (!taken(next)) return next;
  }
}

/**
 * Why the change cannot be made; undefined where it can.
 * @param statusOf of a step of the plan: `open` while it has not begun, `dead` where nothing comes of it any more
 */
export function changeProblem(
  plan: Plan,
  change: PlanChange,
  statusOf: (id: string) => 'open' | 'begun' | 'dead' | undefined,
): string | undefined {
  const named = [...change.steps.map(({ id }) => id), ...change.remove];
  const seen = new Set<string>();
  const twice = named.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) return `the step "${twice}" is named twice`;
  const missing = change.remove.find((id) => statusOf(id) === undefined);
  if (missing !== undefined) return `there is no step "${missing}" that could be removed`;
  const begun = named.find((id) => statusOf(id) === 'begun' || statusOf(id) === 'dead');
  if (begun !== undefined) return `the step "${begun}" has begun or is over`;
  const changed = changedPlan(plan, change);
  if (changed.steps.length === 0) return 'no step would be left';
  const ids = new Set(changed.steps.map(({ id }) => id));
  const put = new Set(change.steps.map(({ id }) => id));
  for (const step of changed.steps) {
    // What is over waits for nothing any more.
    if (!put.has(step.id) && statusOf(step.id) !== 'open') continue;
    for (const id of dependenciesOf(step)) {
      if (!ids.has(id)) return `the step "${step.id}" waits for "${id}", which is not in the plan`;
      if (put.has(step.id) && statusOf(id) === 'dead')
        return `the step "${step.id}" waits for "${id}", which has no output`;
    }
  }
  const cycle = findCycle(changed);
  return cycle === undefined ? undefined : `the steps wait for each other: ${cycle.join(' -> ')}`;
}
