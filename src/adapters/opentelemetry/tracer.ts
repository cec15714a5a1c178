/** Tracer on OpenTelemetry's SDK. Nothing global is set: the span at hand is kept here, and no library finds it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  isSpanContextValid,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span as SdkSpan,
  type SpanContext,
} from '@opentelemetry/api';
import { TraceState, parseTraceParent } from '@opentelemetry/core';
import {
  RandomIdGenerator,
  SamplingDecision,
  type IdGenerator,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { TraceCarrier } from '../../../contracts/trace.js';
import type { NewSpan, Span, SpanAttributes, Tracer } from '../../ports/tracer.js';

export interface TracerParts {
  tracer: ReturnType<typeof trace.getTracer>;
  ids: ChosenIds;
  /** Decides of traces that nobody else has decided of. */
  root: Sampler;
  mayTell: (url: URL) => boolean;
  showsContent: boolean;
}

/** Ids at random, but for the one span whose ids are known before. */
export class ChosenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: Pick<NewSpan, 'id' | 'traceId'> = {};

  /** @param open opens one span, at once */
  choose<Value>(ids: Pick<NewSpan, 'id' | 'traceId'>, open: () => Value): Value {
    this.next = ids;
    try {
      return open();
    } finally {
      this.next = {};
    }
  }

  generateTraceId(): string {
    return this.next.traceId ?? this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.next.id ?? this.random.generateSpanId();
  }
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

export function createTracer({ tracer, ids, root, mayTell, showsContent }: TracerParts): Tracer {
  const atHand = new AsyncLocalStorage<SdkSpan>();

  const contextOf = (parent: NewSpan['parent'], name: string): Context => {
    if (parent === null) return ROOT_CONTEXT;
    if (parent === undefined) {
      const span = atHand.getStore();
      return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span);
    }
    const given = spanContextOf(parent);
    if (given === undefined) return ROOT_CONTEXT;
    const decided = parent.undecided === true ? { ...given, traceFlags: decide(given, name) } : given;
    return trace.setSpanContext(ROOT_CONTEXT, decided);
  };

  const decide = ({ traceId }: SpanContext, name: string): TraceFlags => {
    const { decision } = root.shouldSample(ROOT_CONTEXT, traceId, name, SpanKind.INTERNAL, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
  };

  const open = (wanted: NewSpan): Span => {
    const { name, kind = 'internal', attributes = {}, parent, links = [], startedAt } = wanted;
    const options = {
      kind: kinds[kind],
      attributes: sdkAttributes(attributes),
      links: links.flatMap((link): Link[] => {
        const context = spanContextOf({ traceparent: link });
        return context === undefined ? [] : [{ context }];
      }),
      ...(startedAt === undefined ? {} : { startTime: startedAt }),
    };
    const span = ids.choose(wanted, () => tracer.startSpan(name, options, contextOf(parent, name)));
    return {
      rename: (to) => {
        span.updateName(to);
      },
      set: (more) => {
        span.setAttributes(sdkAttributes(more));
      },
      run: (act) => atHand.run(span, act),
      end: (failure = null, endedAt) => {
        if (failure !== null) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          span.setAttribute('error.type', failure);
        }
        span.end(endedAt);
      },
    };
  };

  const carrier = (): TraceCarrier | undefined => {
    const context = atHand.getStore()?.spanContext();
    if (context === undefined || !isSpanContextValid(context)) return undefined;
    const { traceId, spanId, traceFlags, traceState } = context;
    const state = traceState?.serialize() ?? '';
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      ...(state === '' ? {} : { tracestate: state }),
    };
  };

  return {
    open,
    async within(span, act) {
      const opened = open(span);
      try {
        const value = await opened.run(() => act(opened));
        opened.end();
        return value;
      } catch (error) {
        opened.end(kindOf(error));
        throw error;
      }
    },
    bind(act) {
      const span = atHand.getStore();
      return span === undefined
        ? act
        : () => {
            atHand.run(span, act);
          };
    },
    carrier,
    headersFor(url) {
      const here = mayTell(url) ? carrier() : undefined;
      return here === undefined ? {} : { ...here };
    },
    ids() {
      const context = atHand.getStore()?.spanContext();
      return context === undefined ? undefined : { trace_id: context.traceId, span_id: context.spanId };
    },
    showsContent,
  };
}

/** What others send may be anything; undefined for what is no context. */
function spanContextOf({ traceparent, tracestate }: TraceCarrier): SpanContext | undefined {
  const context = parseTraceParent(traceparent);
  if (context === null || !isSpanContextValid(context)) return undefined;
  const state = tracestate === undefined ? {} : { traceState: new TraceState(tracestate) };
  return { ...context, isRemote: true, ...state };
}

const sdkAttributes = (attributes: SpanAttributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, isList(value) ? [...value] : value]],
    ),
  );

const isList = (value: NonNullable<SpanAttributes[string]>): value is readonly string[] =>
  Array.isArray(value);

/** The code of an error of ours or of Temporal's making; else its class. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code, type } = error as { code?: unknown; type?: unknown };
  const said = [type, code].find((each) => typeof each === 'string' && each !== '');
  return typeof said === 'string' ? said : error.name;
}
