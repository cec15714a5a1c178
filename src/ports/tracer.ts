/** Where it is told what took how long, and within what. No method throws, and none waits. */
import type { TraceCarrier } from '../../contracts/trace.js';

export type SpanAttributes = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

export interface NewSpan {
  name: string;
  /** server: for somebody's request; client: of somebody else. internal unless told. */
  kind?: 'server' | 'client' | 'internal';
  attributes?: SpanAttributes;
  /** What it is within: the span at hand unless told, null for nothing. */
  parent?: TraceCarrier | null;
  /** Where several processes must call it the same; made up unless told. Of the trace only where it begins there. */
  id?: string;
  traceId?: string;
  /** What it goes on from, as `traceparent`. */
  links?: readonly string[];
  /** Milliseconds since 1970; now unless told. */
  startedAt?: number;
}

export interface Span {
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Whatever is done in it has the span at hand. */
  run<Value>(act: () => Value): Value;
  /** @param failure a code, or a class of errors; never its words, which may be anybody's */
  end(failure?: string | null, endedAt?: number): void;
}

export interface Tracer {
  open(span: NewSpan): Span;
  /** Opens it, does that in it, and ends it by what came of that. */
  within<Value>(span: NewSpan, act: (span: Span) => Promise<Value>): Promise<Value>;
  /** That act for later: whoever does it then, does it within the span that is at hand now. */
  bind(act: () => void): () => void;
  /** The span at hand, for what is ours too; undefined outside of any. */
  carrier(): TraceCarrier | undefined;
  /** The same as headers for another service; none where it is not to be told. */
  headersFor(url: URL): Record<string, string>;
  /** The same for the log. */
  ids(): { trace_id: string; span_id: string } | undefined;
  /** Whether spans may hold what was said to models, and what they said. */
  readonly showsContent: boolean;
}
