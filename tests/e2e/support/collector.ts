/** A real OpenTelemetry Collector that writes the spans it is sent into a file; built once by Go, of just these parts. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { GuardedChild } from '../../../src/adapters/embedded/child-process.js';
import { claimPort } from '../../../src/adapters/embedded/free-port.js';
import { testDirectory } from '../../../src/adapters/embedded/testing/backends.js';
import { goProgram } from '../../../src/adapters/embedded/testing/go-program.js';
import { spawnListening } from '../../../src/adapters/embedded/testing/spawn-listening.js';

const VERSION = '0.161.0';
/** Of the modules that have a number of their own; the releases go together. */
const STABLE_VERSION = '1.67.0';

const MANIFEST = `
dist: { name: otelcol, version: ${VERSION}, output_path: OUT }
receivers: [{ gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v${VERSION} }]
processors: [{ gomod: go.opentelemetry.io/collector/processor/batchprocessor v${VERSION} }]
exporters:
  - gomod: github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter v${VERSION}
  - gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter v${VERSION}
providers: [{ gomod: go.opentelemetry.io/collector/confmap/provider/fileprovider v${STABLE_VERSION} }]
conf_resolver: { default_uri_scheme: file }
`;

const program = () =>
  goProgram({
    package: 'go.opentelemetry.io/collector/cmd/builder',
    version: VERSION,
    name: 'otelcol-batch',
    async make(builder, { directory, env, signal }) {
      const manifest = path.join(directory, 'builder.yaml');
      const out = path.join(directory, 'build');
      await writeFile(manifest, MANIFEST.replace('OUT', out));
      try {
        await promisify(execFile)(builder, ['--config', manifest], {
          env: { ...env, CGO_ENABLED: '0' },
          maxBuffer: 64_000_000,
          ...(signal === undefined ? {} : { signal }),
        });
        return { file: path.join(out, 'otelcol') };
      } catch (error) {
        return { problem: error instanceof Error ? error.message.slice(-300) : String(error) };
      }
    },
  });

/** As OTLP has it in JSON. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  attributes: Readonly<Record<string, unknown>>;
  links: readonly { traceId: string; spanId: string }[];
  failed: boolean;
  service: string;
}

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  spans(): Promise<CollectedSpan[]>;
  /** All that was written, as it stands there. */
  text(): Promise<string>;
  release(): Promise<void>;
}

/** @returns why there is none; null when there is one */
export async function missingCollector(): Promise<string | null> {
  const found = await program();
  return 'problem' in found ? `the collector could not be had: ${found.problem}` : null;
}

/** @param through a configuration of ours, of a collector that hands on what it is sent: it is started before this one */
export async function startCollector(through: string | null = null): Promise<Collector> {
  const last = await startFileCollector();
  if (through === null) return last;
  const place = await testDirectory();
  const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
  const text = await readFile(through, 'utf8');
  const config = text
    .replace('0.0.0.0:4318', `127.0.0.1:${port}`)
    .replace('http://jaeger:4318', last.url)
    // Its own metrics are at a port of its own.
    .replace(/^service:\n/m, 'service:\n  telemetry: { metrics: { level: none } }\n');
  const child = await startProgram(place.directory, config, port);
  return {
    ...last,
    url: `http://127.0.0.1:${port}`,
    async release() {
      await child.stop();
      await place.remove();
      await last.release();
    },
  };
}

async function startProgram(directory: string, config: string, port: number): Promise<GuardedChild> {
  const found = await program();
  if ('problem' in found) throw new Error(found.problem);
  const file = path.join(directory, 'config.yaml');
  await writeFile(file, config);
  return spawnListening(
    {
      command: found.file,
      args: ['--config', file],
      env: {},
      logFile: path.join(directory, 'otelcol.log'),
      graceSeconds: 5,
    },
    port,
  );
}

async function startFileCollector(): Promise<Collector> {
  const place = await testDirectory();
  const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
  const file = path.join(place.directory, 'spans.jsonl');
  const child = await startProgram(
    place.directory,
    `
receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:${port}' } } } }
exporters: { file: { path: '${file}' } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [file] } }
`,
    port,
  );
  const text = (): Promise<string> => readFile(file, 'utf8').catch(() => '');
  return {
    url: `http://127.0.0.1:${port}`,
    text,
    spans: async () => (await text()).split('\n').filter(Boolean).flatMap(spansIn),
    async release() {
      await child.stop();
      await place.remove();
    },
  };
}

interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
interface Written {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: (Omit<CollectedSpan, 'attributes' | 'links' | 'failed' | 'service'> & {
        attributes?: Attribute[];
        links?: CollectedSpan['links'];
        status?: { code?: number };
      })[];
    }[];
  }[];
}

function spansIn(line: string): CollectedSpan[] {
  const { resourceSpans } = JSON.parse(line) as Written;
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ attributes = [], links = [], status, ...span }) => ({
        ...span,
        attributes: valuesOf(attributes),
        links,
        // Source: opentelemetry.proto.trace.v1.Status.
        failed: status?.code === 2,
        service: String(valuesOf(resource.attributes)['service.name']),
      })),
    ),
  );
}

/** Whole numbers are texts in JSON, for they may be longer than JavaScript's. */
const valuesOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value.intValue) : Object.values(value)[0],
    ]),
  );
