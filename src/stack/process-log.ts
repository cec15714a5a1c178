/** The log of a process: a file for `perdure dev`, standard output for an API or a worker. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { createLogger } from '../adapters/pino/logger.js';
import { terminalLines } from '../adapters/pino/terminal.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import type { Releasers } from './releasers.js';
import { installRuntime } from './sdk-runtime.js';

/** All of it in the data directory, and what went wrong on standard error in plain words. */
export async function openFileLog(
  { logLevel }: Config,
  dataDir: string,
  releasers: Releasers,
  traces: OpenedTracer | null,
): Promise<Logger> {
  await mkdir(path.join(dataDir, 'logs'), { recursive: true });
  const name = path.join(dataDir, 'logs', 'perdure.log');
  const file = createWriteStream(name, { flags: 'a', mode: 0o600 });
  await once(file, 'open');
  // A full disk costs the log, not the server.
  file.on('error', (error) => {
    console.error(`perdure: ${name} cannot be written to any more: ${error.message}`);
  });
  releasers.push('the log', () => new Promise((resolve) => file.end(resolve)));
  const logger = createLogger(
    [
      { level: logLevel, stream: file },
      { level: logLevel === 'silent' ? 'silent' : 'error', stream: terminalLines(process.stderr) },
    ],
    traces === null ? undefined : () => traces.tracer.ids(),
  );
  traces?.tellTo(logger);
  await installRuntime(logger, { debug: logLevel === 'debug', measured: true });
  return logger;
}

/**
 * JSON lines, for whatever collects them.
 * @param measured whether the metrics of Temporal's SDK are wanted, which are a worker's
 */
export async function openOutputLog(
  { logLevel }: Config,
  measured: boolean,
  traces: OpenedTracer | null,
): Promise<Logger> {
  const logger = createLogger(
    [{ level: logLevel, stream: process.stdout }],
    traces === null ? undefined : () => traces.tracer.ids(),
  );
  traces?.tellTo(logger);
  await installRuntime(logger, { debug: logLevel === 'debug', measured });
  return logger;
}
