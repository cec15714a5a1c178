/**
 * A run in the AG-UI protocol (https://docs.ag-ui.com, version 1.0): steps are tool calls, the plan and where its steps
 * stand are the shared state, what models write on the way is reasoning, and the result is the assistant's answer.
 */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { ShownPlan } from './shown-plan.js';
import { textOf, ToolCalls, type CallMoment } from './tool-calls.js';
import type { Translation } from './translation.js';
import type { WritingMoment } from './writings.js';

type Frame = { type: string } & Record<string, unknown>;

export function createAgUiTranslation(): Translation {
  const calls = new ToolCalls();
  const shown = new ShownPlan();
  /** Those between STEP_STARTED and STEP_FINISHED, which must all be closed before the run is. */
  const steps = new Set<string>();

  const stillOpen = (): Frame[] => [...steps].map((stepName) => ({ type: 'STEP_FINISHED', stepName }));

  const ofEvent = (event: RunEvent | EphemeralEvent): Frame[] => {
    const ids = { threadId: event.runId, runId: event.runId };
    const plan = shown.after(event);
    switch (event.type) {
      case 'run.queued':
        return [{ type: 'RUN_STARTED', ...ids }];
      case 'run.started':
        return [];
      case 'plan.created':
        return [{ type: 'STATE_SNAPSHOT', snapshot: { plan: event.plan, steps: {}, files: [] } }];
      case 'plan.updated':
        return [{ type: 'STATE_DELTA', delta: [{ op: 'replace', path: '/plan', value: plan }] }];
      case 'step.started':
        if (steps.has(event.stepId ?? '')) return [];
        steps.add(event.stepId ?? '');
        return [{ type: 'STEP_STARTED', stepName: event.stepId }];
      case 'step.completed':
      case 'step.failed':
        return steps.delete(event.stepId ?? '') ? [{ type: 'STEP_FINISHED', stepName: event.stepId }] : [];
      case 'step.retrying':
      case 'output.delta':
      case 'output.reset':
        return [];
      case 'artifact.created': {
        const { path, bytes, contentType } = event;
        return [delta('/files/-', { path, bytes, contentType })];
      }
      case 'run.completed': {
        const messageId = `${event.runId}-result`;
        return [
          ...stillOpen(),
          { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
          { type: 'TEXT_MESSAGE_CONTENT', messageId, delta: textOf(event.result) },
          { type: 'TEXT_MESSAGE_END', messageId },
          { type: 'RUN_FINISHED', ...ids, result: event.result, outcome: { type: 'success' } },
        ];
      }
      case 'run.failed':
        return [{ type: 'RUN_ERROR', message: event.error.message, code: event.error.code }];
      case 'run.cancelled':
        return [...stillOpen(), { type: 'RUN_FINISHED', ...ids, outcome: { type: 'cancelled' } }];
      default:
        return [{ type: 'CUSTOM', name: event.type, value: event }];
    }
  };

  return {
    ofEvent(event) {
      const moments = calls.momentsOf(event).flatMap((moment) => [...ofMoment(moment), stateOf(moment)]);
      const own = ofEvent(event);
      // A step is opened before its call, and closed after it.
      return timed(event.at, event.type === 'step.started' ? [...own, ...moments] : [...moments, ...own]);
    },
    ofWriting: (moment) => timed(moment.at, ofWriting(moment)),
  };
}

const timed = (at: string, frames: Frame[]): Frame[] =>
  frames.map((frame) => ({ ...frame, timestamp: Date.parse(at) }));

function ofWriting(moment: WritingMoment): Frame[] {
  const { kind, id: messageId } = moment;
  if (kind === 'begin')
    return [
      { type: 'REASONING_START', messageId },
      { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
    ];
  if (kind === 'more') return [{ type: 'REASONING_MESSAGE_CONTENT', messageId, delta: moment.text }];
  return [
    { type: 'REASONING_MESSAGE_END', messageId },
    { type: 'REASONING_END', messageId },
  ];
}

function ofMoment(moment: CallMoment): Frame[] {
  const { callId: toolCallId } = moment;
  if (moment.kind === 'begin')
    return [
      { type: 'TOOL_CALL_START', toolCallId, toolCallName: moment.tool },
      { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(moment.args) },
      { type: 'TOOL_CALL_END', toolCallId },
    ];
  const content = moment.kind === 'output' ? moment.output : { error: moment.error };
  return [
    {
      type: 'TOOL_CALL_RESULT',
      messageId: `${toolCallId}-result`,
      toolCallId,
      role: 'tool',
      content: typeof content === 'string' ? content : JSON.stringify(content),
    },
  ];
}

/** The state of a step: `running`, `completed`, or `failed` with the error (until it is tried again). */
function stateOf(moment: CallMoment): Frame {
  const { stepId, callId } = moment;
  if (moment.kind === 'begin') return delta(`/steps/${stepId}`, { status: 'running', callId });
  if (moment.kind === 'output') return delta(`/steps/${stepId}`, { status: 'completed', callId });
  return delta(`/steps/${stepId}`, { status: 'failed', callId, error: moment.error });
}

/** Ids of steps hold nothing that a JSON pointer would have to escape. */
const delta = (path: string, value: unknown): Frame => ({
  type: 'STATE_DELTA',
  delta: [{ op: 'add', path, value }],
});
