/** One event as a line for people. */
import type { RunEvent } from 'perdure/client';
import { bytes, dollars, duration, plural, short, shortId } from '../parts/format.js';

export interface EventLine {
  tone: string;
  text: string;
}

const line = (text: string, tone = 'pending'): EventLine => ({ tone, text });

export function lineOf(event: RunEvent): EventLine {
  switch (event.type) {
    case 'run.queued':
      return line(event.goal, 'queued');
    case 'run.started':
      return line('', 'running');
    case 'plan.created':
      return line(
        `${plural(event.plan.steps.length, 'step')}${event.madeBy === 'model' ? ', made by a model' : ''}`,
      );
    case 'plan.updated':
      return line(
        `version ${event.version}: ${plural(event.steps.length, 'step')} changed or added, ${event.removed.length} removed`,
      );
    case 'plan.retrying':
      return line(event.error.message, 'warning');
    case 'step.started':
      return line(
        `${event.title ?? event.tool}${(event.attempt ?? 1) > 1 ? `, attempt ${event.attempt ?? 1}` : ''}`,
        'running',
      );
    case 'step.completed':
      return line(duration(event.durationMs), 'completed');
    case 'step.reused':
      return line(`output of run ${shortId(event.fromRunId)}`, 'completed');
    case 'step.failed':
      return line(event.error.message, 'failed');
    case 'step.retrying':
      return line(`${event.error.message}; attempt ${event.nextAttempt} follows`, 'warning');
    case 'supervisor.decided':
      return line(`${event.decision}: ${event.reason}`, event.decision === 'stop' ? 'warning' : 'pending');
    case 'model.called':
      return line(
        `${event.model} as ${event.role}: ${short(event.inputTokens)} in, ${short(event.outputTokens)} out, ${
          event.costUsd === null ? 'cost unknown' : dollars(event.costUsd)
        }`,
      );
    case 'agent.calling':
    case 'agent.called':
      return line(`turn ${event.turn}: ${event.tool}`);
    case 'artifact.created':
      return line(`${event.path}, ${bytes(event.bytes)}`);
    case 'message.received':
      return line(event.text, 'running');
    case 'approval.requested':
      return line(event.title ?? event.note ?? event.tool ?? event.kind, 'waiting');
    case 'approval.reminded':
      return line(`reminder ${event.reminder}`, 'waiting');
    case 'approval.decided':
      return line(
        `${event.decision}${event.timedOut === true ? ', as the time was over' : ''}${event.note === undefined ? '' : `: ${event.note}`}`,
        event.decision === 'approved' ? 'completed' : 'failed',
      );
    case 'budget.warning':
      return line(`${event.used} of ${event.max} ${event.limit}`, 'warning');
    case 'budget.exhausted':
      return line(`${event.used} of ${event.max} ${event.limit}; ${event.onExhausted}`, 'failed');
    case 'budget.changed':
      return line('');
    case 'run.paused':
      return line(event.reason ?? '', 'paused');
    case 'run.resumed':
      return line('', 'running');
    case 'run.completed':
      return line('', 'completed');
    case 'run.failed':
      return line(event.error.message, 'failed');
    case 'run.cancelled':
      return line(event.reason ?? '', 'cancelled');
    default:
      // A later release may tell more.
      return line('');
  }
}
