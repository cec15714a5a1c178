/** Who has written a step of a run's plan, as it stands now: a person, or a model. */
import { MAX_PLAN_VERSIONS, planKey, repointed } from '../contracts/plan-change.js';
import type { PlanStep } from '../contracts/plan.js';
import type { EventLog } from '../src/ports/event-log.js';

const keys = Array.from({ length: MAX_PLAN_VERSIONS }, (_, i) => planKey(i + 1));

export interface Writing {
  step: PlanStep;
  madeBy: 'caller' | 'model' | undefined;
  /** Of the plan, that brought it. */
  version: number;
}

/** @returns undefined where the plan has no such step */
export async function writingOf(
  log: Pick<EventLog, 'find'>,
  runId: string,
  stepId: string,
): Promise<Writing | undefined> {
  let found: Writing | undefined;
  for (const event of (await log.find(runId, keys)).toSorted((a, b) => a.seq - b.seq)) {
    if (event.type === 'plan.created') {
      const step = event.plan.steps.find(({ id }) => id === stepId);
      found = step && { step, madeBy: event.madeBy, version: 1 };
    }
    if (event.type !== 'plan.updated') continue;
    const { steps, removed, madeBy, version, retried } = event;
    if (removed.includes(stepId)) found = undefined;
    const step = steps.find(({ id }) => id === stepId);
    if (step === undefined) continue;
    // That it waits for the second try of another step now makes it nobody else's.
    const isOnlyRepointed =
      retried !== undefined &&
      found !== undefined &&
      JSON.stringify(repointed(found.step, retried.step, retried.as)) === JSON.stringify(step);
    found = isOnlyRepointed && found !== undefined ? { ...found, step } : { step, madeBy, version };
  }
  return found;
}
