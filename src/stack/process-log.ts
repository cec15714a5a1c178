/** The log of a process: a file for `perdure dev`, standard output for an API or a worker. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { once } from 'node:events';
import path from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createLogger } from '../adapters/pino/logger.js';
import { terminalLines } from '../adapters/pino/terminal.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { Releasers } from './releasers.js';

/** All of it in the data directory, and what went wrong on standard error in plain words. */
export async function openFileLog(
  { logLevel }: Config,
  dataDir: string,
  releasers: Releasers,
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
  const logger = createLogger([
    { level: logLevel, stream: file },
    { level: logLevel === 'silent' ? 'silent' : 'error', stream: terminalLines(process.stderr) },
  ]);
  installRuntime(logger, logLevel === 'debug');
  return logger;
}

/** JSON lines, for whatever collects them. */
export function openOutputLog({ logLevel }: Config): Logger {
  const logger = createLogger([{ level: logLevel, stream: process.stdout }]);
  installRuntime(logger, logLevel === 'debug');
  return logger;
}

let runtimeInstalled = false;
/** The SDK has one runtime a process; its own words go to our log. */
function installRuntime(logger: Logger, debug: boolean): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  const sdk = logger.child({ component: 'temporal-sdk' });
  const levels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'warn' } as const;
  Runtime.install({
    // Signals are the process's business: it drains in an order of its own.
    shutdownSignals: [],
    workerHeartbeatInterval: '5s',
    logger: new DefaultLogger(debug ? 'DEBUG' : 'INFO', ({ level, message, meta }) => {
      sdk[levels[level]]({ ...meta }, message);
    }),
    // The native half has the polls: what each was answered is told to whoever asks for so much.
    telemetryOptions: {
      logging: { forward: {}, filter: { core: debug ? 'DEBUG' : 'INFO', other: 'WARN' } },
    },
  });
}
