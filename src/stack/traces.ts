/** Traces of a process, as configured; nothing of it is loaded where there are none. */
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import type { Config } from '../config/env.js';

/** @param service what the process is called unless its settings say */
export async function openTraces(
  { tracing }: Pick<Config, 'tracing'>,
  service: string,
): Promise<OpenedTracer | null> {
  if (tracing === null) return null;
  const { openOpenTelemetry } = await import('../adapters/opentelemetry/open-tracer.js');
  return openOpenTelemetry(tracing, service);
}
