/**
 * A run as a UI message stream of the AI SDK (https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol, v1): one assistant
 * message, whose parts are the plan, the steps as calls of dynamic tools, files, what models write on the way as reasoning,
 * and the result as text.
 */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { ShownPlan } from './shown-plan.js';
import { textOf, ToolCalls, type CallMoment } from './tool-calls.js';
import { LAST, type Translation } from './translation.js';
import type { WritingMoment } from './writings.js';

type Chunk = { type: string } & Record<string, unknown>;

export function createAiSdkTranslation(): Translation {
  const calls = new ToolCalls();
  const shown = new ShownPlan();
  return {
    ofEvent(event) {
      const plan = shown.after(event);
      // By the same id: it takes the place of the one before.
      const planned: Chunk[] = plan === undefined ? [] : [{ type: 'data-plan', id: 'plan', data: plan }];
      return [...calls.momentsOf(event).flatMap(ofMoment), ...planned, ...ofEvent(event)];
    },
    ofWriting,
  };
}

function ofWriting(moment: WritingMoment): Chunk[] {
  const { kind, id } = moment;
  if (kind === 'more') return [{ type: 'reasoning-delta', id, delta: moment.text }];
  return [{ type: `reasoning-${kind === 'begin' ? 'start' : 'end'}`, id }];
}

const STATUS = { 'approval.requested': 'pending', 'approval.decided': 'decided' } as const;

function ofEvent(event: RunEvent | EphemeralEvent): (Chunk | typeof LAST)[] {
  switch (event.type) {
    case 'run.queued':
      return [{ type: 'start', messageId: event.runId, messageMetadata: { runId: event.runId } }];
    case 'artifact.created': {
      const { path, bytes, contentType } = event;
      return [{ type: 'data-file', id: path, data: { path, bytes, contentType } }];
    }
    // One part for each question to a person: it changes when it is decided.
    case 'approval.requested':
    case 'approval.decided': {
      const { type, seq: _seq, runId: _runId, at: _at, attempt: _attempt, ...data } = event;
      return [{ type: 'data-approval', id: event.approvalId, data: { status: STATUS[type], ...data } }];
    }
    case 'step.progress':
    case 'log': {
      const { stepId, message } = event;
      return [{ type: 'data-progress', data: { stepId, message }, transient: true }];
    }
    case 'run.completed':
      return [
        { type: 'text-start', id: 'result' },
        { type: 'text-delta', id: 'result', delta: textOf(event.result) },
        { type: 'text-end', id: 'result' },
        { type: 'finish', finishReason: 'stop' },
        LAST,
      ];
    case 'run.failed':
      return [
        { type: 'error', errorText: event.error.message },
        { type: 'finish', finishReason: 'error' },
        LAST,
      ];
    case 'run.cancelled':
      return [{ type: 'abort', ...(event.reason === undefined ? {} : { reason: event.reason }) }, LAST];
    default:
      return [];
  }
}

/** Dynamic, for a front end knows our tools by name only; executed by the provider, which is us: it must call nothing. */
function ofMoment(moment: CallMoment): Chunk[] {
  const { callId: toolCallId } = moment;
  const kind = { dynamic: true, providerExecuted: true };
  if (moment.kind === 'begin') {
    const { tool: toolName, title = moment.stepId, args: input } = moment;
    return [{ type: 'tool-input-available', toolCallId, toolName, title, input, ...kind }];
  }
  return moment.kind === 'output'
    ? [{ type: 'tool-output-available', toolCallId, output: moment.output, ...kind }]
    : [{ type: 'tool-output-error', toolCallId, errorText: moment.error.message, ...kind }];
}
