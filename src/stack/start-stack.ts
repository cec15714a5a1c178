/** The whole of perdure in one process tree: Temporal, Postgres, the API and a worker. */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.js';
import { createRetentionActivities } from '../../activities/retention.js';
import { PerdureError } from '../../contracts/errors.js';
import { lockDataDir } from '../adapters/embedded/data-dir-lock.js';
import { claimPort } from '../adapters/embedded/free-port.js';
import { startPostgres } from '../adapters/embedded/postgres-server.js';
import { refusal, StartupError } from '../adapters/embedded/startup-error.js';
import { createLocalEventBus } from '../adapters/local/local-event-bus.js';
import { createLocalWorkspace } from '../adapters/local/local-workspace.js';
import { TEMPORARY } from '../adapters/local/whole-writes.js';
import { createLogger } from '../adapters/pino/logger.js';
import { terminalLines } from '../adapters/pino/terminal.js';
import { migrate } from '../adapters/postgres/migrate.js';
import { openPostgresRecords } from '../adapters/postgres/records.js';
import { applyRetentionSchedule } from '../adapters/temporal/retention-schedule.js';
import { createTemporalRunEngine } from '../adapters/temporal/run-engine.js';
import { plannerWithoutModel } from '../agents/planner.js';
import { ruleSupervisor } from '../agents/supervisor.js';
import { createApp } from '../api/create-app.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { createToolRegistry } from '../tools/registry.js';
import { runWorker } from '../worker/run-worker.js';
import { closeServer, listen } from './http-listener.js';
import { keepRunning } from './keep-running.js';
import { openTemporal } from './open-temporal.js';
import { Releasers } from './releasers.js';
import { toolCatalog } from './tool-catalog.js';

export interface StackOptions {
  config: Config;
  /** The process's environment, for the programs that are started. */
  env: Readonly<Record<string, string | undefined>>;
  /** The folder that the build wrote: holds the workflow bundle and the migrations. */
  builtRoot: string;
  /** One line at a time about what a start is waiting for. */
  onProgress: (line: string) => void;
  /** Ends a start that is under way. */
  signal?: AbortSignal;
}

export interface Stack {
  apiUrl: string;
  uiUrl: string | null;
  dataDir: string;
  logger: Logger;
  /** Settles when a part that the stack stands on is gone for good, with a sentence that says why. */
  lost: Promise<string>;
  release(): Promise<void>;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');

/** @throws StartupError in one sentence for people; whatever was opened is closed again */
export async function startStack(options: StackOptions): Promise<Stack> {
  const releasers = new Releasers();
  let logger = createLogger([]);
  try {
    const { config } = options;
    const lock = await lockDataDir(config.dataDir);
    releasers.push('the lock', () => lock.release());
    const { dataDir } = lock;
    logger = await openLog(config, dataDir, releasers);
    // Before anything is started: a taken port is told at once.
    const port = await claimPort(config.host, config.port, 'port', 'PORT');

    const temporal = await openTemporal(options, dataDir, logger, releasers);
    options.onProgress('starting Postgres');
    const postgres = await startPostgres({ dataDir, logger });
    const keptPostgres = keepRunning(
      'Postgres',
      postgres,
      () => startPostgres({ dataDir, port: postgres.port, mustExist: true, logger }),
      logger,
    );
    releasers.push('Postgres', () => keptPostgres.release());
    options.signal?.throwIfAborted();
    await migrate(postgres.connectionString, path.join(options.builtRoot, 'deploy', 'migrations'));
    const records = openPostgresRecords(postgres.connectionString, logger);
    releasers.push('the database connections', () => records.close());
    const { runs, log } = records;
    await runs.check();

    const bus = createLocalEventBus();
    const workspaces = path.join(dataDir, 'workspaces');
    await rm(path.join(workspaces, TEMPORARY), { recursive: true, force: true });
    const workspace = createLocalWorkspace(workspaces);
    await workspace.check();
    const tools = createToolRegistry({ httpAllow: config.httpAllow });

    const connection = await Connection.connect({ address: temporal.address });
    releasers.push('the connection to Temporal', () => connection.close());
    const engine = createTemporalRunEngine({
      connection,
      namespace: config.temporalNamespace,
      taskQueue: config.taskQueue,
      uiUrl: temporal.uiUrl,
    });
    const api = createApp({
      runs,
      log,
      bus,
      workspace,
      engine,
      tools: toolCatalog(tools),
      logger: logger.child({ component: 'api' }),
      allowedHosts: isLoopback(config.host) ? [] : null,
    });
    const server = await listen(http.createServer(api.serverOptions, api.app), config.host, port);
    releasers.push('the API', async () => {
      api.drain();
      await closeServer(server);
    });
    const worker = runWorker({
      address: temporal.address,
      namespace: config.temporalNamespace,
      taskQueue: config.taskQueue,
      bundlePath: path.join(options.builtRoot, 'workflow-bundle.js'),
      activities: {
        ...createRetentionActivities({
          retention: records.retention,
          workspace,
          logger: logger.child({ component: 'worker' }),
        }),
        ...createActivities({
          store: runs,
          log,
          bus,
          workspace,
          planner: plannerWithoutModel,
          supervisor: ruleSupervisor,
          tools,
          logger: logger.child({ component: 'worker' }),
        }),
      },
      logger: logger.child({ component: 'worker' }),
      graceMs: 5_000,
      forceMs: 15_000,
    });
    releasers.push('the worker', () => worker.stop());
    await worker.polling;
    await applyRetentionSchedule({
      connection,
      namespace: config.temporalNamespace,
      taskQueue: config.taskQueue,
      retention: config.retention,
    });

    const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
    return {
      apiUrl: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
      uiUrl: temporal.uiUrl,
      dataDir,
      logger,
      lost: Promise.race([keptPostgres.lost, ...(temporal.lost === null ? [] : [temporal.lost])]),
      release: () => releasers.release(logger),
    };
  } catch (error) {
    await releasers.release(logger);
    throw asStartupError(error);
  }
}

/** Where a file, a port or a back end is at fault, the person at the terminal can do something about it. */
function asStartupError(error: unknown): unknown {
  const isSystems = error instanceof Error && 'syscall' in error;
  if (!isSystems && !(error instanceof PerdureError)) return error;
  const where = 'path' in error ? ` (${String(error.path)})` : '';
  return new StartupError(`the start failed: ${refusal(error)}${where}.`, { cause: error });
}

async function openLog(config: Config, dataDir: string, releasers: Releasers): Promise<Logger> {
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
    { level: config.logLevel, stream: file },
    { level: config.logLevel === 'silent' ? 'silent' : 'error', stream: terminalLines(process.stderr) },
  ]);
  installRuntime(logger);
  return logger;
}

let runtimeInstalled = false;
/** The SDK has one runtime a process; its own words go to our log. */
function installRuntime(logger: Logger): void {
  if (runtimeInstalled) return;
  runtimeInstalled = true;
  const sdk = logger.child({ component: 'temporal-sdk' });
  const levels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'warn' } as const;
  Runtime.install({
    // Signals are the stack's business: it drains the API first.
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      sdk[levels[level]]({ ...meta }, message);
    }),
  });
}
