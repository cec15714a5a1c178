/** The supervisor's word on a step's end, written along with it where rules alone decide. */
import type { Decision } from '../contracts/step-ends.js';
import type { ErrorInfo } from '../contracts/errors.js';
import type { NewEvent, RunEvent } from '../contracts/events.js';
import type { PlanStep } from '../contracts/plan.js';
import type { AppendedEvent } from '../src/ports/event-log.js';
import type { Supervisor } from '../src/ports/supervisor.js';
import { now, stepKeys } from './journal.js';

/** What follows a step's end at once: the event and the decision; neither where an activity must ask. */
export function ruling(
  supervisor: Supervisor,
  agent: string,
  step: Pick<PlanStep, 'id' | 'onFailure'>,
  error: ErrorInfo | null,
  dependants: string[],
): { events: NewEvent[]; decision: Decision } {
  const decided = supervisor.rule(agent, { step, error, dependants });
  if (decided === undefined) return { events: [], decision: null };
  const event: NewEvent = {
    type: 'supervisor.decided',
    key: stepKeys.supervised(step.id),
    at: now(),
    stepId: step.id,
    data: decided,
  };
  return { events: [event], decision: decided.decision };
}

/** What the log has, which may be the word of an attempt that was quicker; undefined when it has none. */
export const recordedDecision = (
  rows: readonly AppendedEvent[],
  stepId: string,
): ReturnType<typeof decisionOf> =>
  decisionOf(rows.filter((row) => row.key === stepKeys.supervised(stepId)).map(({ event }) => event));

/** The decision among one step's events, where a rule can have made it; any other is had by asking for it again. */
export function decisionOf(events: readonly RunEvent[]): Exclude<Decision, null> | undefined {
  const decided = events.find((event) => event.type === 'supervisor.decided')?.decision;
  return decided === 'continue' || decided === 'stop' ? decided : undefined;
}
