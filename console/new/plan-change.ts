/** What somebody has changed of a plan under way, as the API takes it. */
import type { ChangePlan } from '../../contracts/plan-edits.js';
import type { PlanStep } from '../../contracts/plan.js';
import { stepOf, stepsOf, type DraftStep } from './draft.js';

/**
 * @param before the steps that have not begun
 * @param drafts what the form has made of them
 * @returns null where nothing has changed
 */
export function planChangeOf(before: readonly PlanStep[], drafts: readonly DraftStep[]): ChangePlan | null {
  const known = new Map(before.map((step) => [step.id, step]));
  const kept = new Set(drafts.map(({ id }) => id));
  const remove = before.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
  const steps = drafts.flatMap((draft): PlanStep[] => {
    const old = known.get(draft.id);
    const wanted = stepOf(draft) as PlanStep;
    if (old === undefined) return [wanted];
    if (isSame(wanted, asFormHasIt(old))) return [];
    // The form knows only whether a person is asked, and not how.
    const asked = draft.approval ? (old.approval ?? true) : undefined;
    const { approval: _approval, ...rest } = wanted;
    return [{ ...rest, ...(asked === undefined ? {} : { approval: asked }) }];
  });
  if (steps.length + remove.length === 0) return null;
  return {
    ...(steps.length === 0 ? {} : { steps }),
    ...(remove.length === 0 ? {} : { remove }),
  };
}

function asFormHasIt(step: PlanStep): unknown {
  const [draft] = stepsOf([step], () => 0);
  return draft === undefined ? null : stepOf(draft);
}

/** Both come out of the same function, with their fields in one order. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
