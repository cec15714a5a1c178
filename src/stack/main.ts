/** The processes of perdure, as the command line starts them. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pc from 'picocolors';
import { createLogger } from '../adapters/pino/logger.js';
import { ConfigError, processEnvironment, readConfig } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { withApiKeys, type ApiKeys } from './api-keys.js';
import { examine } from './doctor/examine.js';
import type { Report } from './doctor/report.js';
import { temporalSecurity } from './temporal-connection.js';
import { runProcess, type LifeWords, type Running } from './lifecycle.js';
import { prepareBackEnds, type Prepared } from './prepare-back-ends.js';
import { replayRuns, type ReplayReport } from './replay-runs.js';
import { openOutputLog } from './process-log.js';
import { refuseUnshared } from './required-settings.js';
import { startApi } from './start-api.js';
import { startStack, type Stack } from './start-stack.js';
import { startWorker } from './start-worker.js';
import { welcome } from './welcome.js';

/** Where the build put this file: dist/src/stack. */
export const builtRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Milliseconds that a drain may take, so that Kubernetes' own 30 seconds are not used up. */
const DRAIN_MS = 28_000;

export const runDev = (): Promise<void> =>
  runProcess(
    // An async function: a variable that cannot be used is a failed start like any other.
    async (signal) =>
      startStack({ config: readConfig(), env: processEnvironment(), builtRoot, onProgress, signal }),
    atTerminal,
    DRAIN_MS,
  );

export async function runApi(): Promise<void> {
  const config = readConfig();
  refuseUnshared(config, 'perdure api');
  const logger = openOutputLog(config);
  await runProcess((signal) => startApi(config, logger, signal), inLog(logger, 'the API'), DRAIN_MS);
}

export async function runWorkerProcess(): Promise<void> {
  const config = readConfig();
  refuseUnshared(config, 'perdure worker');
  const logger = openOutputLog(config);
  await runProcess(
    (signal) => startWorker(config, builtRoot, logger, signal),
    inLog(logger, 'the worker'),
    DRAIN_MS,
  );
}

export const migrateBackEnds = (): Promise<Prepared> =>
  prepareBackEnds(readConfig(), path.join(builtRoot, 'deploy', 'migrations'));

/** API keys, straight from the records. */
export const withKeys = <Value>(use: (keys: ApiKeys) => Promise<Value>): Promise<Value> =>
  withApiKeys(readConfig(), builtRoot, createLogger([]), use);

/** Whether everything that a run needs works. */
export const runDoctor = (): Promise<Report> => examine(readConfig(), createLogger([]));

/**
 * Whether this build can go on with the runs of TEMPORAL_ADDRESS.
 * @throws ConfigError where there is none
 */
export async function runReplay(since: Date, limit: number): Promise<ReplayReport> {
  const config = readConfig();
  if (config.temporalAddress === null)
    throw new ConfigError('TEMPORAL_ADDRESS must be set: histories are read from there');
  const connection = await Connection.connect({
    address: config.temporalAddress,
    ...(await temporalSecurity(config)),
  });
  // The SDK logs every divergence at length; the report has what matters.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
  try {
    return await replayRuns({
      connection,
      namespace: config.temporalNamespace,
      since,
      limit,
      workflows: { workflowBundle: { codePath: path.join(builtRoot, 'workflow-bundle.js') } },
    });
  } finally {
    await connection.close();
  }
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
