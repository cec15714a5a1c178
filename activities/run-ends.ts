/** The events that a run begins and ends with. */
import type { FinishRunInput, PlanRunInput, RunEnd, RunOutcome, RunScope } from '../contracts/activities.js';
import { outcomeUnknown, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent, StepOutput } from '../contracts/events.js';
import type { JsonValue, Plan } from '../contracts/plan.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { AppendedEvent } from '../src/ports/event-log.js';
import type { WorkspaceScope } from '../src/ports/workspace.js';
import type { ActivityDependencies } from './dependencies.js';
import { now, stepKeys, type Journal } from './journal.js';
import { shapedResult } from './shaped-result.js';
import { INPUTS_PATH, loadJson, outputsOf, RESULT_PATH, storeOutput } from './step-output.js';

const END_KEY = 'run/end';
/** Bytes of JSON that the run's record carries as its result. */
const INLINE_RESULT_BYTES = 64_000;

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

type EndDependencies = Pick<ActivityDependencies, 'log' | 'workspace' | 'shaper' | 'logger'>;

/** The ends of the steps that had begun and could not say themselves how they ended, and the terminal event. */
export async function ending(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
  journal: Journal,
): Promise<NewEvent[]> {
  return [...stoppedSteps(input), await terminalEvent(deps, input, journal)];
}

/**
 * The same within a workflow task, where no model can be asked.
 * @param known outputs that the log need not be asked for
 * @returns null for a result that an agent promises to be of a shape
 */
export async function quickEnding(
  deps: EndDependencies,
  input: Omit<FinishRunInput, 'unsent'>,
  known: ReadonlyMap<string, StepOutput>,
): Promise<NewEvent[] | null> {
  if (input.outcome.status === 'completed' && deps.shaper.isShaped(input.run.agent)) return null;
  return [...stoppedSteps(input), await terminalEvent(deps, input, null, known)];
}

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
  journal: Journal | null,
  known: ReadonlyMap<string, StepOutput> = new Map(),
): Promise<NewEvent> {
  const { outcome } = input;
  const event = { key: END_KEY, at: now() };
  switch (outcome.status) {
    case 'completed': {
      const result = await resultOf(deps, input, outcome.resultSteps, known);
      if (journal === null || !deps.shaper.isShaped(input.run.agent))
        return { ...event, type: 'run.completed', data: { result: await stored(deps, input, result) } };
      const shaped = await shapedResult(deps, input.run, await whole(deps, input, result), journal);
      if ('error' in shaped) return { ...event, type: 'run.failed', data: { error: shaped.error.toInfo() } };
      return { ...event, type: 'run.completed', data: { result: await stored(deps, input, shaped.result) } };
    }
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

/**
 * The output of the one step that nothing builds on, or an object of all such steps' outputs by id; a large
 * output is `{ref, bytes, preview}`.
 */
async function resultOf(
  deps: Pick<ActivityDependencies, 'log' | 'workspace'>,
  scope: Omit<RunScope, 'unsent'>,
  steps: string[],
  known: ReadonlyMap<string, StepOutput>,
): Promise<JsonValue> {
  const outputs: Record<string, JsonValue> = {};
  for (const [id, output] of await outputsOf(deps.log, scope.runId, steps, known))
    outputs[id] = 'value' in output ? output.value : output;
  const [only] = steps.length === 1 ? Object.values(outputs) : [];
  return only === undefined ? outputs : only;
}

/** What the record carries of a result: a large one is `{ref, bytes, preview}`. */
async function stored(
  deps: Pick<ActivityDependencies, 'workspace'>,
  scope: WorkspaceScope,
  result: JsonValue,
): Promise<JsonValue> {
  const output = await storeOutput(deps.workspace, scope, RESULT_PATH, result, INLINE_RESULT_BYTES);
  return 'value' in output ? output.value : output;
}

/** A single output that is large as its value. */
async function whole(
  deps: Pick<ActivityDependencies, 'workspace'>,
  scope: WorkspaceScope,
  result: JsonValue,
): Promise<JsonValue> {
  const { ref } = typeof result === 'object' && result !== null && !Array.isArray(result) ? result : {};
  const isStored = typeof ref === 'string' && ref.startsWith(`${SYSTEM_FOLDER}/outputs/`);
  return isStored ? loadJson(deps.workspace, scope, ref) : result;
}
