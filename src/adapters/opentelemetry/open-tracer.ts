/** Traces to a collector: batched, dropped where it does not take them, and the log says so when that begins and ends. */
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import { version } from '../../../contracts/version.js';
import type { TracingConfig } from '../../config/env.js';
import type { Logger } from '../../ports/logger.js';
import type { Tracer } from '../../ports/tracer.js';
import { ChosenIds, createTracer } from './tracer.js';

/** Milliseconds that the spans of a process that ends get to be sent. */
const CLOSE_MS = 3_000;
const EXPORT_MS = 10_000;
/** Of one attribute; what a model is told can be long. */
const MAX_CHARACTERS = 16_000;

export interface OpenedTracer {
  tracer: Tracer;
  /** It is made before the log, which tells of spans. */
  tellTo(logger: Logger): void;
  close(): Promise<void>;
}

/** @param service what the process is called unless its settings say */
export function openOpenTelemetry(config: TracingConfig, service: string): OpenedTracer {
  const exporter = new WatchedExporter(
    new OTLPTraceExporter({ url: config.url, headers: { ...config.headers }, timeoutMillis: EXPORT_MS }),
    config.url,
  );
  const ids = new ChosenIds();
  const root = rootSampler(config.sampler.root);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.version': version,
      ...config.resource,
      'service.name': config.serviceName ?? service,
    }),
    sampler: config.sampler.byParent ? new ParentBasedSampler({ root }) : root,
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: MAX_CHARACTERS },
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = createTracer({
    tracer: provider.getTracer('perdure', version),
    ids,
    root,
    mayTell: (url) => config.hosts.some((host) => fits(host, url)),
    showsContent: config.showsContent,
  });
  return {
    tracer,
    tellTo: (logger) => {
      exporter.logger = logger;
    },
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_MS);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}

function rootSampler(root: TracingConfig['sampler']['root']): Sampler {
  if (root === 'on') return new AlwaysOnSampler();
  return root === 'off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(root.ratio);
}

function fits(host: string, { hostname, host: withPort }: URL): boolean {
  if (host.startsWith('*.')) {
    const [domain = '', port] = host.slice(1).split(':');
    return (port === undefined ? hostname : withPort).endsWith(
      port === undefined ? domain : `${domain}:${port}`,
    );
  }
  return host === hostname || host === withPort;
}

/** Says once that traces are not taken, and once that they are again. */
class WatchedExporter implements SpanExporter {
  logger: Logger | undefined;
  private isFailing = false;
  private lost = 0;

  constructor(
    private readonly inner: SpanExporter,
    private readonly url: string,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.inner.export(spans, (result) => {
      this.note(result, spans.length);
      // It is told; the SDK would print it besides.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  private note({ code, error }: ExportResult, spans: number): void {
    if (code === ExportResultCode.SUCCESS) {
      if (this.isFailing)
        this.logger?.info({ lostSpans: this.lost }, `traces are taken again by ${this.url}`);
      this.isFailing = false;
      this.lost = 0;
      return;
    }
    this.lost += spans;
    if (this.isFailing) return;
    this.isFailing = true;
    this.logger?.warn({ err: error }, `traces are not taken by ${this.url}: they are lost until it does`);
  }
}
