/** One step as the events of its run tell it. */
import type { EphemeralEvent, RunEvent, StepOutput } from '../../contracts/events.js';
import type { JsonValue } from '../../contracts/plan.js';

export type StepState =
  | 'pending'
  | 'running'
  | 'retrying'
  | 'waiting'
  | 'completed'
  | 'reused'
  | 'failed'
  | 'skipped'
  | 'cancelled';

/** A stretch of a step's time: an attempt, the pause before the next, or the wait for somebody's word. */
export interface Stretch {
  kind: 'attempt' | 'pause' | 'approval';
  from: number;
  /** Null while it goes on. */
  to: number | null;
  outcome: 'running' | 'completed' | 'failed' | 'cancelled';
  attempt: number;
}

type ErrorInfo = Extract<RunEvent, { type: 'step.failed' }>['error'];
type ModelCall = Extract<RunEvent, { type: 'model.called' }>;
type ToolCall = Extract<RunEvent, { type: 'agent.called' }>;

export interface StepPicture {
  id: string;
  tool: string;
  title: string | null;
  args: Record<string, JsonValue>;
  dependsOn: readonly string[];
  state: StepState;
  attempt: number;
  stretches: readonly Stretch[];
  startedAt: number | null;
  endedAt: number | null;
  /** Of the attempt that has completed. */
  durationMs: number | null;
  output: StepOutput | null;
  /** The run whose output this is. */
  reusedFrom: string | null;
  /** Of every attempt that failed, the newest last. */
  errors: readonly { attempt: number; error: ErrorInfo }[];
  decision: {
    decision: Extract<RunEvent, { type: 'supervisor.decided' }>['decision'];
    reason: string;
  } | null;
  modelCalls: readonly ModelCall[];
  toolCalls: readonly ToolCall[];
  /** What a model writes for it. */
  text: string;
  /** What its tool says of itself; the newest last. */
  messages: readonly string[];
}

const NEW: StepPicture = {
  id: '',
  tool: '',
  title: null,
  args: {},
  dependsOn: [],
  state: 'pending',
  attempt: 0,
  stretches: [],
  startedAt: null,
  endedAt: null,
  durationMs: null,
  output: null,
  reusedFrom: null,
  errors: [],
  decision: null,
  modelCalls: [],
  toolCalls: [],
  text: '',
  messages: [],
};
/** Of what a talkative tool says. */
const MOST_MESSAGES = 200;

/** @param event of this step, or the one that ended the run; null for a step of which nothing is known */
export function stepOf(
  before: StepPicture | undefined,
  event: RunEvent | EphemeralEvent | null,
): StepPicture {
  const step = before ?? NEW;
  if (event === null) return step;
  const at = Date.parse(event.at);
  const attempt = event.attempt ?? step.attempt;
  switch (event.type) {
    case 'step.started':
      return {
        ...step,
        tool: event.tool,
        title: event.title ?? step.title,
        state: 'running',
        attempt,
        startedAt: step.startedAt ?? at,
        stretches: [...closed(step.stretches, at, 'completed'), open('attempt', at, attempt)],
      };
    case 'step.retrying':
      return {
        ...step,
        state: 'retrying',
        errors: [...step.errors, { attempt, error: event.error }],
        stretches: [...closed(step.stretches, at, 'failed'), open('pause', at, attempt)],
      };
    case 'step.completed':
      return {
        ...step,
        state: 'completed',
        output: event.output,
        durationMs: event.durationMs,
        endedAt: at,
        stretches: closed(step.stretches, at, 'completed'),
      };
    case 'step.reused':
      return { ...step, state: 'reused', output: event.output, reusedFrom: event.fromRunId, endedAt: at };
    case 'step.failed': {
      // A step that a cancel has stopped did not fail by itself.
      const state = event.error.code === 'cancelled' ? 'cancelled' : 'failed';
      return {
        ...step,
        state,
        errors: [...step.errors, { attempt, error: event.error }],
        endedAt: at,
        stretches: closed(step.stretches, at, state),
      };
    }
    case 'approval.requested':
      return {
        ...step,
        state: 'waiting',
        startedAt: step.startedAt ?? at,
        stretches: [...step.stretches, open('approval', at, attempt)],
      };
    case 'approval.decided': {
      const isApproved = event.decision === 'approved';
      return {
        ...step,
        state: isApproved && step.state === 'waiting' ? 'running' : step.state,
        stretches: step.stretches.map((one) =>
          one.kind === 'approval' ? (closed([one], at, isApproved ? 'completed' : 'failed')[0] ?? one) : one,
        ),
      };
    }
    case 'supervisor.decided':
      return { ...step, decision: { decision: event.decision, reason: event.reason } };
    case 'model.called':
      return { ...step, modelCalls: [...step.modelCalls, event] };
    case 'agent.called':
      return { ...step, toolCalls: [...step.toolCalls, event] };
    case 'output.delta':
      return { ...step, text: step.text + event.text };
    case 'output.reset':
      return { ...step, text: '' };
    case 'step.progress':
    case 'log':
      return { ...step, messages: [...step.messages.slice(1 - MOST_MESSAGES), event.message] };
    case 'run.completed':
    case 'run.failed':
    case 'run.cancelled':
      return cutOff(step, at);
    default:
      return step;
  }
}

/** What had not ended when the run did. */
function cutOff(step: StepPicture, at: number): StepPicture {
  if (step.state === 'pending') return { ...step, state: 'skipped' };
  if (step.state !== 'running' && step.state !== 'retrying' && step.state !== 'waiting') return step;
  return { ...step, state: 'cancelled', endedAt: at, stretches: closed(step.stretches, at, 'cancelled') };
}

const open = (kind: Stretch['kind'], from: number, attempt: number): Stretch => ({
  kind,
  from,
  to: null,
  outcome: 'running',
  attempt,
});

const closed = (stretches: readonly Stretch[], at: number, outcome: Stretch['outcome']): Stretch[] =>
  stretches.map((one) => (one.to === null ? { ...one, to: at, outcome } : one));
