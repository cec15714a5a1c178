/** How a run's trace is carried through Temporal: W3C Trace Context in a header, and ids that all processes make alike. */

/** The name that Temporal's own interceptors give it. */
export const TRACE_HEADER = '_tracer-data';

export interface TraceCarrier {
  /** W3C's: `00-<trace>-<span>-<flags>`. */
  traceparent: string;
  tracestate?: string;
  /** The same of what the span goes on from: the run that is retried or forked. */
  link?: string;
  /** The trace began where nobody knew whether it is to be sampled: whoever reads this finds that out. */
  undecided?: true;
}

/** What a workflow's execution says of itself when it ends. */
export interface EndedWorkflow {
  parent: TraceCarrier | null;
  /** Milliseconds since 1970, as `endedAt`. */
  startedAt: number;
  endedAt: number;
  /** `completed`, `continued`, `cancelled`, or the type of what it failed with. */
  outcome: string;
  tenantId: string | undefined;
  agent: string | undefined;
}

/** Where an execution of a workflow tells that it has ended; what a worker does not take is lost. */
export interface TraceSink {
  ended(execution: EndedWorkflow): void;
}

/** An execution of a workflow has an id that is made up at random: the end of it is that of its span. */
export const spanIdOf = (executionId: string): string => executionId.replaceAll('-', '').slice(16);

/** Of a workflow that nobody with a trace has started, as a schedule does. */
export const traceIdOf = (executionId: string): string => executionId.replaceAll('-', '');
export const ownTrace = (executionId: string): TraceCarrier => ({
  traceparent: `00-${traceIdOf(executionId)}-${spanIdOf(executionId)}-01`,
  undecided: true,
});

/** What is below the workflow is told of it. */
export function belowWorkflow(parent: TraceCarrier, executionId: string): TraceCarrier {
  const { link: _its, ...rest } = parent;
  return { ...rest, traceparent: withSpan(parent.traceparent, spanIdOf(executionId)) };
}

/** The same trace at another span. */
export function withSpan(traceparent: string, spanId: string): string {
  const [version = '00', trace = '', , flags = '00'] = traceparent.split('-');
  return [version, trace, spanId, flags].join('-');
}
