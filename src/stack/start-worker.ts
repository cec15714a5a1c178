/** A worker process: it carries out runs, with all that perdure stands on. */
import type { Config } from '../config/env.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import type { Logger } from '../ports/logger.js';
import type { Tool } from '../tools/tool.js';
import { openAgents } from './agents.js';
import type { Running } from './lifecycle.js';
import { openAdapters } from './open-adapters.js';
import { modelChecks } from './model-checks.js';
import { sandboxCheck } from './sandbox-check.js';
import { startWorkerPart } from './worker-part.js';
import { graceTimes, startWorkerProcess } from './worker-process.js';

/**
 * @param moreTools of whoever starts it by code, as the processes of tests/faults do
 * @throws StartupError or ConfigError; whatever was opened is closed again
 */
export const startWorker = (
  config: Config,
  builtRoot: string,
  logger: Logger,
  signal: AbortSignal,
  moreTools: readonly Tool[] = [],
  traces: OpenedTracer | null = null,
): Promise<Running> =>
  startWorkerProcess({ config, logger, signal, traces, title: 'the worker' }, async (opening) => {
    const { releasers, identity } = opening;
    const tracer = opening.tracer ?? undefined;
    const agents = await openAgents(config, moreTools, logger, releasers, tracer);
    const adapters = await openAdapters(config, logger, releasers, tracer);
    const { records, workspace, temporal, bus } = adapters.checks;
    return {
      taskQueue: config.taskQueue,
      // A worker that nobody hears would look alive: the bus must work once. Later it may go away and come back.
      checks: [
        ...[temporal, records, workspace, { ...bus, required: true }],
        // Where tools are apart, code runs there.
        ...(config.toolWorkers.taskQueue === null ? [sandboxCheck] : []),
        ...modelChecks(config, agents.agents.list()),
      ],
      isPolling: () => adapters.engine.isPolling(identity),
      work: () =>
        startWorkerPart(
          { ...opening, ...graceTimes, ...{ config, adapters, agents, builtRoot }, json: true },
          releasers,
        ),
    };
  });
