/** The processes of perdure, as the command line starts them. Each loads its own parts only, when it starts. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { createLogger } from '../adapters/pino/logger.js';
import { processEnvironment, readConfig } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { ApiKeys } from './api-keys.js';
import type { Report } from './doctor/report.js';
import type { ErasedTenant } from './erase-tenant.js';
import { runProcess, type LifeWords, type Running } from './lifecycle.js';
import type { ServerReport } from './mcp-servers.js';
import type { Prepared } from './prepare-back-ends.js';
import type { ReplayReport } from './replay-runs.js';
import { openOutputLog } from './process-log.js';
import { refuseUnshared } from './required-settings.js';
import type { Stack } from './start-stack.js';
import { openTraces } from './traces.js';
import { welcome } from './welcome.js';
import type { Versions } from './worker-versions.js';

/** Where the build put this file: dist/src/stack. */
export const builtRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Milliseconds that a drain may take, so that Kubernetes' own 30 seconds are not used up. */
const DRAIN_MS = 28_000;

export const runDev = (): Promise<void> =>
  runProcess(
    // An async function: a variable that cannot be used is a failed start like any other.
    async (signal) =>
      (await import('./start-stack.js')).startStack({
        config: readConfig(),
        env: processEnvironment(),
        builtRoot,
        onProgress,
        signal,
      }),
    atTerminal,
    DRAIN_MS,
  );

export async function runApi(): Promise<void> {
  const config = readConfig();
  refuseUnshared(config, 'perdure api');
  const traces = await openTraces(config, 'perdure-api');
  const logger = await openOutputLog(config, false, traces);
  await runProcess(
    async (signal) => (await import('./start-api.js')).startApi(config, logger, signal, [], traces),
    inLog(logger, 'the API'),
    DRAIN_MS,
  );
}

export async function runWorkerProcess(): Promise<void> {
  const config = readConfig();
  refuseUnshared(config, 'perdure worker');
  const traces = await openTraces(config, 'perdure-worker');
  // What became of its polls is in them: src/worker/poll-log.ts.
  const isMeasured = config.workerPort !== null || config.logLevel === 'debug';
  const logger = await openOutputLog(config, isMeasured, traces);
  await runProcess(
    async (signal) =>
      config.toolWorkers.isOne
        ? (await import('./start-tool-worker.js')).startToolWorker(config, logger, signal, traces)
        : (await import('./start-worker.js')).startWorker(config, builtRoot, logger, signal, [], traces),
    inLog(logger, 'the worker'),
    DRAIN_MS,
  );
}

export async function runCodecServer(): Promise<void> {
  const config = readConfig();
  const logger = await openOutputLog(config, false, null);
  await runProcess(
    async () => (await import('./codec-server.js')).startCodecServer(config, logger),
    inLog(logger, 'the codec server'),
    DRAIN_MS,
  );
}

export async function migrateBackEnds(): Promise<Prepared> {
  const { prepareBackEnds } = await import('./prepare-back-ends.js');
  return prepareBackEnds(readConfig(), path.join(builtRoot, 'deploy', 'migrations'));
}

export async function listVersions(): Promise<Versions> {
  const { readVersions } = await import('./worker-versions.js');
  return readVersions(readConfig(), builtRoot);
}

/** @returns the build that new runs go to from now on */
export async function promoteTo(buildId?: string): Promise<string> {
  const { promoteVersion } = await import('./worker-versions.js');
  return promoteVersion(readConfig(), builtRoot, buildId);
}

/** API keys, straight from the records. */
export async function withKeys<Value>(use: (keys: ApiKeys) => Promise<Value>): Promise<Value> {
  const { withApiKeys } = await import('./api-keys.js');
  return withApiKeys(readConfig(), builtRoot, createLogger([]), use);
}

/** A tenant that leaves. */
export async function eraseOne(tenantId: string): Promise<ErasedTenant> {
  const { eraseConfiguredTenant } = await import('./erase-tenant.js');
  return eraseConfiguredTenant(readConfig(), builtRoot, createLogger([]), tenantId);
}

/** What the declared MCP servers offer, against what was accepted of them. */
export async function compareTools(how: { only?: string; accept: boolean }): Promise<ServerReport[]> {
  const config = readConfig();
  const { compareMcpServers } = await import('./mcp-servers.js');
  return compareMcpServers(config, createLogger([]), how);
}

/** Whether everything that a run needs works. */
export async function runDoctor(): Promise<Report> {
  const { examine } = await import('./doctor/examine.js');
  return examine(readConfig(), createLogger([]));
}

/**
 * Whether this build can go on with the runs of TEMPORAL_ADDRESS.
 * @throws ConfigError where there is none
 */
export async function runReplay(since: Date, limit: number): Promise<ReplayReport> {
  const { replayLive } = await import('./replay-live.js');
  return replayLive(readConfig(), builtRoot, createLogger([]), { since, limit });
}

/** One line at a time about what a start waits for. */
export const onProgress = (line: string): void => {
  console.log(pc.dim(line));
};

const atTerminal: LifeWords<Stack> = {
  started: (stack) => {
    console.log(welcome(stack));
  },
  lost: (sentence, { dataDir }) => {
    console.error(`perdure: ${sentence}. The logs are in ${dataDir}/logs; npm start goes on with the runs.`);
  },
  stopping: () => {
    console.log(pc.dim('\nstopping; a second Ctrl-C ends at once'));
  },
  stopped: () => {
    console.log(pc.dim('stopped'));
  },
  fault: (error) => {
    console.error('perdure:', error);
  },
  left: (seconds) => {
    console.error(`perdure: not everything had ended after ${seconds} seconds; leaving it.`);
  },
};

const inLog = (logger: Logger, who: string): LifeWords<Running> => ({
  started: () => undefined,
  lost: (sentence) => {
    logger.error({}, `${who} ends: ${sentence}`);
  },
  stopping: () => {
    logger.info({}, `${who} drains; a second signal ends it at once`);
  },
  stopped: () => {
    logger.info({}, `${who} has stopped`);
  },
  fault: (error) => {
    logger.error({ err: error }, `${who} ends for a fault`);
  },
  left: (seconds) => {
    logger.error({}, `not everything had ended after ${seconds} seconds; ${who} leaves it`);
  },
});
