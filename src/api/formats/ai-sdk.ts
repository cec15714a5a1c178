/**
 * A run as a UI message stream of the AI SDK (https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol, v1): one assistant
 * message, whose parts are the plan, the steps as calls of dynamic tools, files, and the result as text.
 */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { textOf, ToolCalls, type CallMoment } from './tool-calls.js';
import { LAST, type Translate } from './translation.js';

type Chunk = { type: string } & Record<string, unknown>;

export function createAiSdkTranslation(): Translate {
  const calls = new ToolCalls();
  return (event) => [...calls.momentsOf(event).flatMap(ofMoment), ...ofEvent(event)];
}

function ofEvent(event: RunEvent | EphemeralEvent): (Chunk | typeof LAST)[] {
  switch (event.type) {
    case 'run.queued':
      return [{ type: 'start', messageId: event.runId, messageMetadata: { runId: event.runId } }];
    case 'plan.created':
      return [{ type: 'data-plan', id: 'plan', data: event.plan }];
    case 'artifact.created': {
      const { path, bytes, contentType } = event;
      return [{ type: 'data-file', id: path, data: { path, bytes, contentType } }];
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
