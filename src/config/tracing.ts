/** Where traces go, by the names that OpenTelemetry has for its settings; null where nowhere. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface TracingConfig {
  /** Takes spans by OTLP over HTTP. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null for the process's own. */
  readonly serviceName: string | null;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly byParent: boolean; readonly root: 'on' | 'off' | { readonly ratio: number } };
  /** Hosts that are told which trace a request is of: `host`, `host:port`, `*.domain`. */
  readonly hosts: readonly string[];
  readonly showsContent: boolean;
}

/** @throws ConfigError */
export function tracingOf(e: Environment): TracingConfig | null {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: all } = e;
  const url = own ?? (all === undefined ? undefined : `${all}/v1/traces`);
  if (url === undefined || e.OTEL_SDK_DISABLED || e.OTEL_TRACES_EXPORTER === 'none') return null;
  return Object.freeze({
    url,
    headers: Object.freeze(e.OTEL_EXPORTER_OTLP_HEADERS),
    serviceName: e.OTEL_SERVICE_NAME ?? e.OTEL_RESOURCE_ATTRIBUTES['service.name'] ?? null,
    resource: Object.freeze(e.OTEL_RESOURCE_ATTRIBUTES),
    sampler: samplerOf(e),
    hosts: Object.freeze(e.PERDURE_TRACE_HOSTS),
    showsContent: e.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
  });
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg }: Environment) {
  const byParent = name.startsWith('parentbased_');
  const kind = name.replace('parentbased_', '');
  if (kind !== 'traceidratio') {
    if (arg !== undefined)
      throw new ConfigError(`OTEL_TRACES_SAMPLER_ARG is for a sampler by traceidratio, and there is ${name}`);
    return { byParent, root: kind === 'always_off' ? ('off' as const) : ('on' as const) };
  }
  return { byParent, root: { ratio: arg ?? 1 } };
}
