/** Starts workflows within the trace at hand, linked to that of the run which they go on from. */
import type { Connection, WorkflowClientInterceptor, WorkflowStartInput } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { AGENT_RUN_WORKFLOW, workflowIdOf, type AgentRunInput } from '../../../contracts/messages.js';
import { spanIdOf, TRACE_HEADER, withSpan } from '../../../contracts/trace.js';
import type { Tracer } from '../../ports/tracer.js';
import type { Payloads } from './payloads.js';

/** Of a workflow's memo: what a later run is linked by. */
const MEMO = 'traceparent';

export interface TracedPlace {
  connection: Connection;
  namespace: string;
  payloads: Pick<Payloads, 'read'>;
  tracer: Tracer;
}

export function traceStarts(place: TracedPlace): WorkflowClientInterceptor {
  return {
    async startWithDetails(input, next) {
      const here = place.tracer.carrier();
      if (here === undefined) return next(input);
      const link = await linkOf(place, input);
      const carrier = link === undefined ? here : { ...here, link };
      const headers = { ...input.headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) };
      const options = { ...input.options, memo: { ...input.options.memo, [MEMO]: here.traceparent } };
      return next({ ...input, headers, options });
    },
  };
}

/** Never throws: a run is worth more than its link. */
async function linkOf(
  { connection, namespace, payloads }: TracedPlace,
  { workflowType, options }: WorkflowStartInput,
): Promise<string | undefined> {
  const [given] = options.args as [AgentRunInput?];
  const origin = workflowType === AGENT_RUN_WORKFLOW ? given?.run.origin : undefined;
  if (origin?.kind !== 'retry' && origin?.kind !== 'fork') return undefined;
  try {
    const execution = { workflowId: workflowIdOf(origin.runId) };
    const { workflowExecutionInfo: info } = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution,
    });
    const payload = info?.memo?.fields?.[MEMO];
    const runId = info?.execution?.runId;
    if (payload === undefined || runId === undefined || runId === null) return undefined;
    const traceparent = await payloads.read(payload);
    return typeof traceparent === 'string' ? withSpan(traceparent, spanIdOf(runId)) : undefined;
  } catch {
    return undefined;
  }
}
