/**
 * Carries a run's trace from whoever started it to what it starts, and tells of the run's own span when it is over. The
 * ids come from Temporal's: nothing is made up here, so that with and without traces a run is the same to the letter.
 */
import { defaultPayloadConverter, defineSearchAttributeKey } from '@temporalio/common';
import {
  ContinueAsNew,
  proxySinks,
  workflowInfo,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import { searchAttributes } from '../contracts/messages.js';
import {
  belowWorkflow,
  ownTrace,
  spanIdOf,
  TRACE_HEADER,
  type TraceCarrier,
  type TraceSink,
  withSpan,
} from '../contracts/trace.js';
import { errorOf } from './error-of.js';

type Hooks = Required<ReturnType<WorkflowInterceptorsFactory>>;
type Headers = Parameters<NonNullable<Hooks['inbound'][number]['execute']>>[0]['headers'];

// A type and not an interface: the SDK wants it open to more.
type Sinks = { trace: { [Name in keyof TraceSink]: TraceSink[Name] } };
const { trace } = proxySinks<Sinks>();

const tenant = defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD');
const agentName = defineSearchAttributeKey(searchAttributes.agentName, 'KEYWORD');

/** One for each execution. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const { runId } = workflowInfo();
  let parent: TraceCarrier | null = null;
  let below: Headers | undefined;
  const add = <Input extends { headers: Headers }>(input: Input, more: Headers): Input => ({
    ...input,
    headers: { ...input.headers, ...more },
  });
  /** A trace of the run's own costs activities no header: they find it out from where they are. */
  const within = <Input extends { headers: Headers }>(input: Input): Input =>
    below === undefined ? input : add(input, below);
  return {
    inbound: [
      {
        async execute(input, next) {
          parent = carrierIn(input.headers);
          if (parent !== null) below = headersOf(belowWorkflow(parent, runId));
          const startedAt = Date.now();
          const tell = (outcome: string): void => {
            const { typedSearchAttributes: known } = workflowInfo();
            const of = { tenantId: known.get(tenant), agent: known.get(agentName) };
            trace.ended({ parent, startedAt, endedAt: Date.now(), outcome, ...of });
          };
          try {
            const result = await next(input);
            tell('completed');
            return result;
          } catch (error) {
            const outcome = outcomeOf(error);
            if (outcome !== undefined) tell(outcome);
            throw error;
          }
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(within(input)),
        scheduleLocalActivity: (input, next) => next(within(input)),
        startChildWorkflowExecution: (input, next) => next(add(input, below ?? headersOf(ownTrace(runId)))),
        // Beside this one, and linked to it.
        continueAsNew(input, next) {
          const from = parent ?? ownTrace(runId);
          const link = withSpan(from.traceparent, spanIdOf(runId));
          return next(add(input, headersOf({ ...from, link })));
        },
      },
    ],
  };
};

const headersOf = (carrier: TraceCarrier): Headers => ({
  [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier),
});

/** Whoever starts a workflow may send anything. */
function carrierIn(headers: Headers): TraceCarrier | null {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return null;
  try {
    const carrier = defaultPayloadConverter.fromPayload<Partial<TraceCarrier> | null>(payload);
    return /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(carrier?.traceparent ?? '')
      ? (carrier as TraceCarrier)
      : null;
  } catch {
    return null;
  }
}

/** Undefined for a defect, which ends a workflow task and not the run. */
function outcomeOf(error: unknown): string | undefined {
  if (error instanceof ContinueAsNew) return 'continued';
  const info = errorOf(error);
  return info === undefined || info === 'cancelled' ? info : info.code;
}
