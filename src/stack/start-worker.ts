/** A worker process: answers probes at once, polls when what it stands on works, drains when asked. */
import { createMetrics, measureProcess } from '../adapters/prometheus/metrics.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { Tool } from '../tools/tool.js';
import type { Running } from './lifecycle.js';
import { openAgents } from './agents.js';
import { openAdapters } from './open-adapters.js';
import { Releasers } from './releasers.js';
import { sdkMetrics } from './sdk-runtime.js';
import { verify, type CheckLine } from './verify.js';
import { openProbes } from './worker-probes.js';
import { FORCE_MS, GRACE_MS, newWorkerIdentity } from './worker-process.js';
import { startWorkerPart } from './worker-part.js';

/** @throws StartupError or ConfigError; whatever was opened is closed again */
export async function startWorker(
  config: Config,
  builtRoot: string,
  logger: Logger,
  signal: AbortSignal,
  moreTools: readonly Tool[] = [],
  traces: OpenedTracer | null = null,
): Promise<Running> {
  const releasers = new Releasers();
  const tracer = traces?.tracer;
  // Last of all: what the others do at their end is traced, too.
  releasers.push('the traces', async () => traces?.close());
  const identity = newWorkerIdentity();
  try {
    const agents = await openAgents(config, moreTools, logger, releasers, tracer);
    const adapters = await openAdapters(config, logger, releasers, tracer);
    const metrics = createMetrics(sdkMetrics);
    const meter = metrics.runs();
    measureProcess(metrics);
    let lines: readonly CheckLine[] = [];
    let done = false;
    let draining = false;
    await openProbes(
      {
        ...{ config, logger, metrics, meter },
        start: () => ({ done, parts: lines }),
        isPolling: () => adapters.engine.isPolling(identity),
        draining: () => draining,
      },
      releasers,
    );
    const { records, workspace, temporal, bus } = adapters.checks;
    await verify({
      // A worker that nobody hears would look alive: the bus must work once. Later it may go away and come back.
      checks: [temporal, records, workspace, { ...bus, required: true }],
      logger,
      seconds: config.startSeconds,
      signal,
      onLines: (now) => {
        lines = now;
      },
    });
    const { lost } = await startWorkerPart(
      {
        ...{ config, adapters, agents, builtRoot, identity, logger, meter },
        tracer: tracer ?? null,
        graceMs: GRACE_MS,
        forceMs: FORCE_MS,
        json: true,
      },
      releasers,
    );
    done = true;
    logger.info({ identity, taskQueue: config.taskQueue }, 'the worker has started');
    return {
      lost,
      release: () => {
        draining = true;
        return releasers.release(logger);
      },
    };
  } catch (error) {
    await releasers.release(logger);
    throw error;
  }
}
