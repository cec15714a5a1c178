/**
 * Calls that a step's activity has others make: the workers of tools, at their own task queue. The activity says what is
 * to be called, is told what became of it, and says what comes next; here is only the way between the two.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type { Called, CallPhase, CallWanted, ToolActivities, ToolCall } from '../contracts/tool-calls.js';
import { recordKeeping, toolCall } from './activity-options.js';
import type { Work } from './work.js';

const { callTool, verifyCall } = proxyActivities<ToolActivities>(recordKeeping('calls of tools'));

export interface CalledStep {
  runId: string;
  tenantId: string;
  stepId: string;
  /** The line that the Temporal Web UI shows. */
  summary: string;
}

/**
 * @param act the activity; called again with each phase until it comes to its end
 * @throws what the activity throws, and the cancellation of a call that was not begun
 */
export async function withCalls<Result extends { status: string }>(
  work: Work,
  of: CalledStep,
  act: (phase: CallPhase) => Promise<Result>,
): Promise<Exclude<Result, CallWanted>> {
  let phase: CallPhase = {};
  for (let tries = 1; ;) {
    const going = (): Promise<Result> => act(phase);
    // That the tool was stopped is written, too.
    const result = await (phase.called?.outcome === 'stopped' ? going() : work.run(going));
    if (isAgain(result)) {
      await work.run(() => sleep(Math.max(MIN_PAUSE_MS, result.seconds * 1_000)));
      phase = { tries: (tries += 1) };
    } else if (!isCall(result)) return result as Exclude<Result, CallWanted>;
    else if (result.call.ask === 'verify') phase = { ...phase, found: await verify(work, of, result.call) };
    else {
      const called = await make(work, of, result.call);
      // Of one whose worker was lost the activity finds out by the log, as of its own.
      phase = called === 'lost' ? { tries: (tries += 1) } : { called, ...(tries === 1 ? {} : { tries }) };
    }
  }
}

/** A timer of nothing is none. */
const MIN_PAUSE_MS = 100;

const isAgain = (result: { status: string }): result is Extract<CallWanted, { status: 'again' }> =>
  result.status === 'again';
const isCall = (result: { status: string }): result is Extract<CallWanted, { status: 'call' }> =>
  result.status === 'call';

async function make(work: Work, of: CalledStep, call: ToolCall): Promise<Called | 'lost'> {
  try {
    return await work.run(() => callTool.executeWithOptions(optionsOf(of, call), [inputOf(of, call)]));
  } catch (error) {
    const called = calledIn(error);
    // What a model may simply ask for again is not told as the end of its step.
    if (called?.outcome === 'stopped' && call.keep !== 'output' && call.effect !== 'irreversible')
      throw error;
    if (called !== undefined) return called;
    // Cancelled before anybody had begun it; or a defect.
    if (!(error instanceof ActivityFailure) || error.cause instanceof CancelledFailure) throw error;
    if (!work.isEnding) return 'lost';
    return { outcome: 'stopped', attempt: call.attempt, artifacts: [], durationMs: 0 };
  }
}

const verify = (work: Work, of: CalledStep, call: ToolCall): ReturnType<ToolActivities['verifyCall']> =>
  work.run(() =>
    verifyCall.executeWithOptions(
      {
        ...toolCall(of.stepId, call.timeoutSeconds, `${of.summary}: has it acted?`),
        taskQueue: call.queue,
      },
      [inputOf(of, call)],
    ),
  );

const inputOf = ({ runId, tenantId, stepId }: CalledStep, call: ToolCall) => ({
  ...{ runId, tenantId, stepId, call },
});

const optionsOf = ({ stepId, summary }: CalledStep, call: ToolCall): ReturnType<typeof toolCall> => ({
  ...toolCall(stepId, call.timeoutSeconds, summary),
  taskQueue: call.queue,
  // Whether it is tried again is for the step's activity to say.
  retry: { maximumAttempts: 1 },
});

function calledIn(error: unknown): Called | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const isTyped = cause instanceof ApplicationFailure || cause instanceof CancelledFailure;
  const detail: unknown = isTyped ? cause.details?.[0] : undefined;
  return typeof detail === 'object' && detail !== null && 'outcome' in detail
    ? (detail as Called)
    : undefined;
}
