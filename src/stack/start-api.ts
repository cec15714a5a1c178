/** An API process: listens at once, is ready when what it stands on is. */
import { createMetrics, measureProcess } from '../adapters/prometheus/metrics.js';
import type { Config } from '../config/env.js';
import { signInPolicy } from '../config/sign-in-policy.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import type { Logger } from '../ports/logger.js';
import type { Tool } from '../tools/tool.js';
import { startApiServer } from './api-server.js';
import type { Running } from './lifecycle.js';
import { openAgents } from './agents.js';
import { openAdapters } from './open-adapters.js';
import { Releasers } from './releasers.js';
import { verify } from './verify.js';

/** Milliseconds that requests under way get, uploads too; open streams are ended at once. */
const GRACE_MS = 20_000;

/** @throws StartupError or ConfigError; whatever was opened is closed again */
export async function startApi(
  config: Config,
  logger: Logger,
  signal: AbortSignal,
  moreTools: readonly Tool[] = [],
  traces: OpenedTracer | null = null,
): Promise<Running> {
  const signIn = signInPolicy(config);
  const releasers = new Releasers();
  const tracer = traces?.tracer;
  // Last of all: what the others do at their end is traced, too.
  releasers.push('the traces', async () => traces?.close());
  try {
    const agents = await openAgents(config, moreTools, logger, releasers, tracer);
    const adapters = await openAdapters(config, logger, releasers, tracer);
    const metrics = createMetrics();
    measureProcess(metrics);
    const url = await startApiServer(
      {
        config,
        port: config.port,
        signIn,
        ownTicketSecret: null,
        adapters,
        tools: agents.tools,
        agents: agents.agents,
        logger,
        metrics,
        ...(tracer === undefined ? {} : { tracer }),
        graceMs: GRACE_MS,
      },
      releasers,
    );
    logger.info({ url }, `the API listens at ${url}`);
    // It answers meanwhile: that it lives, what is not ready, and whatever needs nothing that is away.
    await verify({ checks: Object.values(adapters.checks), logger, seconds: config.startSeconds, signal });
    logger.info({ url }, 'the API is ready');
    return { lost: new Promise(() => undefined), release: () => releasers.release(logger) };
  } catch (error) {
    await releasers.release(logger);
    throw error;
  }
}
