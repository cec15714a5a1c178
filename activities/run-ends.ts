/** The events that a run begins and ends with. */
import type { PlanRunInput } from '../contracts/activities.js';
import type { FinishRunInput, RunEnd, RunOutcome } from '../contracts/run-endings.js';
import type { RunScope } from '../contracts/run-scope.js';
import { outcomeUnknown, PerdureError, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent, StepOutput } from '../contracts/events.js';
import type { JsonValue, Plan } from '../contracts/plan.js';
import type { AppendedEvent } from '../src/ports/event-log.js';
import type { WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { now, stepKeys } from './journal.js';
import { mendedResult, resultOf, storedResult, wholeResult } from './run-result.js';
import { INPUTS_PATH } from './step-output.js';

const END_KEY = 'run/end';

/** Stores the inputs. @returns run.started and, where the plan was given, plan.created */
export async function beginning(
  deps: Pick<ActivityDependencies, 'workspace'>,
  input: Omit<PlanRunInput, keyof RunScope> & Omit<RunScope, 'unsent'>,
): Promise<NewEvent[]> {
  if (input.inputsData !== null)
    await deps.workspace.put(input, INPUTS_PATH, JSON.stringify(input.inputsData.value));
  const started: NewEvent = { type: 'run.started', key: 'run.started', at: now(), data: {} };
  return input.plan === null ? [started] : [started, planCreated(input.plan, 'caller')];
}

export const planCreated = (plan: Plan, madeBy: 'caller' | 'model'): NewEvent => ({
  type: 'plan.created',
  key: 'plan/1',
  at: now(),
  data: { plan, version: 1, madeBy },
});

type EndDependencies = Pick<ActivityDependencies, 'log' | 'workspace' | 'shaper'>;

/**
 * The ends of the steps that had begun and could not say themselves how they ended, and the terminal event.
 * @returns null where the result is not of the shape that the run's agent promises, and nobody has mended it
 */
export async function ending(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
): Promise<NewEvent[] | null> {
  const end = promisesShape(deps, input) ? await shapedEnd(deps, input) : await terminalEvent(deps, input);
  return end === null ? null : [...stoppedSteps(input), end];
}

/**
 * The same within a workflow task.
 * @param known outputs that the log need not be asked for
 * @returns null for a result that an agent promises to be of a shape: that may be long
 */
export async function quickEnding(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
  known: ReadonlyMap<string, StepOutput>,
): Promise<NewEvent[] | null> {
  if (promisesShape(deps, input)) return null;
  return [...stoppedSteps(input), await terminalEvent(deps, input, known)];
}

const promisesShape = (
  { shaper }: Pick<ActivityDependencies, 'shaper'>,
  { outcome, run }: Omit<FinishRunInput, 'unsent'>,
): boolean => outcome.status === 'completed' && shaper.isShaped(run.agent);

/** @param rows what the append of the end has answered */
export function recordedEnd(rows: readonly AppendedEvent[], meant: RunOutcome): RunEnd {
  const event = rows.find(({ key }) => key === END_KEY)?.event;
  switch (event?.type) {
    case 'run.completed':
      return { status: 'completed' };
    case 'run.cancelled':
      return { status: 'cancelled' };
    case 'run.failed':
      return { status: 'failed', error: event.error as ErrorInfo };
    default:
      return meant.status === 'failed' ? { status: 'failed', error: meant.error } : { status: meant.status };
  }
}

/** After the end is stored; tools have written files, and people by links of their own. Never throws. */
export async function noteFiles(
  { noteStorage, logger }: Pick<ActivityDependencies, 'noteStorage' | 'logger'>,
  { tenantId, runId }: WorkspaceScope,
): Promise<void> {
  if (noteStorage === null) return;
  try {
    await noteStorage({ tenantId, runId });
  } catch (error) {
    // The next change of a file notes it anew.
    logger.warn({ err: error, tenantId, runId }, 'what a run’s files take up is not noted');
  }
}

const stoppedSteps = ({ openSteps, uncertainSteps = [] }: Omit<FinishRunInput, 'unsent'>): NewEvent[] =>
  openSteps.map((id) => stoppedStep(id, uncertainSteps.includes(id)));

const stoppedStep = (stepId: string, isUncertain: boolean): NewEvent => ({
  type: 'step.failed',
  key: stepKeys.end(stepId),
  at: now(),
  stepId,
  data: {
    error: isUncertain
      ? outcomeUnknown('the run ended before anybody had said what became of it')
      : { code: 'cancelled', message: 'it was stopped with the run', retryable: false },
  },
});

async function terminalEvent(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
  known: ReadonlyMap<string, StepOutput> = new Map(),
): Promise<NewEvent> {
  const { outcome } = input;
  const event = { key: END_KEY, at: now() };
  switch (outcome.status) {
    case 'completed':
      return completed(deps, input, await resultOf(deps, input, outcome.resultSteps, known));
    case 'failed':
      return { ...event, type: 'run.failed', data: { error: outcome.error } };
    case 'cancelled':
      return {
        ...event,
        type: 'run.cancelled',
        data: outcome.reason === null ? {} : { reason: outcome.reason },
      };
  }
}

/** @returns null for a result that has yet to be mended */
async function shapedEnd(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
): Promise<NewEvent | null> {
  if (input.mended === true) {
    const kept = await mendedResult(deps.workspace, input);
    if (kept === null) throw new PerdureError('internal', 'the result that was mended is gone');
    return completed(deps, input, kept.result);
  }
  const steps = input.outcome.status === 'completed' ? input.outcome.resultSteps : [];
  const result = await wholeResult(deps, input, steps);
  return deps.shaper.check(input.run.agent, result).length === 0 ? completed(deps, input, result) : null;
}

const completed = async (
  deps: Pick<ActivityDependencies, 'workspace'>,
  scope: WorkspaceScope,
  result: JsonValue,
): Promise<NewEvent> => ({
  type: 'run.completed',
  key: END_KEY,
  at: now(),
  data: { result: await storedResult(deps, scope, result) },
});
