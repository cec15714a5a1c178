/** Traces of what this worker does: each try of an activity, and each workflow when it is over. */
import { createHash } from 'node:crypto';
import { activityInfo, type Info } from '@temporalio/activity';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor, InjectedSinks } from '@temporalio/worker';
import { AGENT_RUN_WORKFLOW, runIdOf } from '../../contracts/messages.js';
import {
  ownTrace,
  spanIdOf,
  TRACE_HEADER,
  traceIdOf,
  withSpan,
  type TraceCarrier,
  type TraceSink,
} from '../../contracts/trace.js';
import type { Tracer } from '../ports/tracer.js';

export const traceActivities = (tracer: Tracer): { inbound: ActivityInboundCallsInterceptor } => ({
  inbound: {
    execute(input, next) {
      const activity = activityInfo();
      const { activityType, activityId, attempt, workflowExecution } = activity;
      const parent = carrierIn(input.headers[TRACE_HEADER]) ?? ownTrace(workflowExecution?.runId ?? '');
      return tracer.within(
        {
          name: `activity ${activityType}`,
          parent,
          id: attemptId(activity, attempt),
          // The try before it, whose worker may have been lost before it could tell of it.
          links: attempt === 1 ? [] : [withSpan(parent.traceparent, attemptId(activity, attempt - 1))],
          attributes: {
            temporalWorkflowId: workflowExecution?.workflowId,
            temporalRunId: workflowExecution?.runId,
            temporalActivityId: activityId,
            'perdure.run.id': runIdOf(workflowExecution?.workflowId ?? ''),
            'perdure.step.id': /^step:(.+)$/.exec(activityId)?.[1],
            'perdure.attempt': attempt,
            'perdure.waited_ms': Math.max(0, Date.now() - activity.currentAttemptScheduledTimestampMs),
          },
        },
        () => next(input),
      );
    },
  },
});

// A type and not an interface: the SDK wants it open to more.
export const traceSinks = (
  tracer: Tracer,
): InjectedSinks<{ trace: { [Name in keyof TraceSink]: TraceSink[Name] } }> => ({
  trace: {
    ended: {
      callDuringReplay: false,
      fn({ workflowId, workflowType, runId }, { parent, startedAt, endedAt, outcome, tenantId, agent }) {
        const isRun = workflowType === AGENT_RUN_WORKFLOW;
        const ofAgent = {
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': agent,
          'gen_ai.conversation.id': runIdOf(workflowId),
          'perdure.run.id': runIdOf(workflowId),
        };
        const span = tracer.open({
          name: isRun ? `invoke_agent ${agent ?? ''}` : `workflow ${workflowType}`,
          parent,
          id: spanIdOf(runId),
          ...(parent === null ? { traceId: traceIdOf(runId) } : {}),
          links: parent?.link === undefined ? [] : [parent.link],
          startedAt,
          attributes: {
            temporalWorkflowId: workflowId,
            temporalRunId: runId,
            'perdure.tenant.id': tenantId,
            'perdure.outcome': outcome,
            ...(isRun ? ofAgent : {}),
          },
        });
        span.end(['completed', 'continued', 'cancelled'].includes(outcome) ? null : outcome, endedAt);
      },
    },
  },
});

/** Whoever knows an activity can name the spans of its tries. An id may be used again, but not at the same time. */
const attemptId = ({ workflowExecution, activityId, scheduledTimestampMs }: Info, attempt: number): string =>
  createHash('sha256')
    .update([workflowExecution?.runId, activityId, scheduledTimestampMs, attempt].join('\0'))
    .digest('hex')
    .slice(0, 16);

function carrierIn(
  payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0] | undefined,
): TraceCarrier | null {
  return payload === undefined ? null : defaultPayloadConverter.fromPayload<TraceCarrier>(payload);
}
