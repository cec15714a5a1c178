/** The whole of perdure in one process tree: API, worker, and the servers that nobody has configured. */
import { createHash, randomBytes } from 'node:crypto';
import os from 'node:os';
import { PerdureError } from '../../contracts/errors.js';
import { lockDataDir } from '../adapters/embedded/data-dir-lock.js';
import { claimPort } from '../adapters/embedded/free-port.js';
import { refusal, StartupError } from '../adapters/embedded/startup-error.js';
import { createLogger } from '../adapters/pino/logger.js';
import { signInPolicy } from '../config/sign-in-policy.js';
import type { Logger } from '../ports/logger.js';
import { startEmbeddedServers } from './embedded-servers.js';
import type { Running } from './lifecycle.js';
import type { Adapters } from './open-adapters.js';
import { prepareTemporal } from './prepare-back-ends.js';
import { ownWebhookSecret } from './own-webhook-secret.js';
import { openFileLog } from './process-log.js';
import { sdkMetrics } from './sdk-runtime.js';
import type { StackOptions } from './stack-options.js';
import { Releasers } from './releasers.js';
import { openTraces } from './traces.js';
import { verify } from './verify.js';
import { newWorkerIdentity } from './worker-process.js';

export interface Stack extends Running {
  apiUrl: string;
  uiUrl: string | null;
  dataDir: string;
  /** Whether anybody on this machine may call without signing in. */
  isOpen: boolean;
  logger: Logger;
}

/** Back ends that are configured may take a moment; a person who waits at a terminal wants to know soon. */
const PATIENCE_SECONDS = 10;

/** @throws StartupError in one sentence for people; whatever was opened is closed again */
export async function startStack(options: StackOptions): Promise<Stack> {
  const signIn = signInPolicy(options.config);
  const releasers = new Releasers();
  let logger = createLogger([]);
  try {
    const lock = await lockDataDir(options.config.dataDir);
    releasers.push('the lock', () => lock.release());
    const { dataDir } = lock;
    const traces = await openTraces(options.config, 'perdure');
    releasers.push('the traces', async () => traces?.close());
    logger = await openFileLog(options.config, dataDir, releasers, traces);
    // Before anything is started: a taken port is told at once. Where any will do, it is found when the API listens.
    const { host, port } = options.config;
    await claimPort(host, port, 'port', 'PORT');
    const { temporalAddress } = options.config;
    // To one that a person runs beside, what runs are searched by is added unasked.
    if (temporalAddress !== null) await prepareTemporal(options.config, temporalAddress);
    const [embedded, parts] = await Promise.all([
      startEmbeddedServers(options, dataDir, logger, releasers),
      loadParts(),
    ]);
    const { webhookSecrets } = embedded.config;
    const config = {
      ...embedded.config,
      dataDir,
      webhookSecrets: webhookSecrets.length > 0 ? webhookSecrets : [await ownWebhookSecret(dataDir)],
    };

    const agents = await parts.openAgents(config, options.tools ?? [], logger, releasers, traces?.tracer);
    const adapters = await parts.openAdapters(config, logger, releasers, traces?.tracer);
    const metrics = parts.createMetrics(sdkMetrics);
    parts.measureProcess(metrics);
    const { signal } = options;
    await verify({
      checks: Object.values(adapters.checks),
      logger,
      seconds: PATIENCE_SECONDS,
      ...(signal === undefined ? {} : { signal }),
    });
    const apiUrl = await parts.startApiServer(
      {
        config,
        port,
        signIn,
        ownTicketSecret: randomBytes(32).toString('hex'),
        adapters,
        tools: agents.tools,
        agents: agents.agents,
        logger,
        metrics,
        ...(traces === null ? {} : { tracer: traces.tracer }),
        graceMs: 3_000,
      },
      releasers,
    );
    const family = familyOf(dataDir);
    await releaseFormer(adapters, family, logger);
    const worker = await parts.startWorkerPart(
      {
        config,
        adapters,
        agents,
        builtRoot: options.builtRoot,
        identity: newWorkerIdentity(family),
        logger,
        meter: metrics.runs(),
        tracer: traces?.tracer ?? null,
        graceMs: 5_000,
        forceMs: 15_000,
        json: false,
      },
      releasers,
    );
    return {
      apiUrl,
      uiUrl: config.temporalUiUrl,
      dataDir,
      isOpen: signIn === 'none',
      logger,
      lost: Promise.race([embedded.lost, worker.lost]),
      release: () => releasers.release(logger),
    };
  } catch (error) {
    await releasers.release(logger);
    throw asStartupError(error);
  }
}

/** Loaded while the servers start: both take about as long. */
async function loadParts() {
  const [adapters, agents, api, worker, metrics] = await Promise.all([
    import('./open-adapters.js'),
    import('./agents.js'),
    import('./api-server.js'),
    import('./worker-part.js'),
    import('../adapters/prometheus/metrics.js'),
  ]);
  return { ...adapters, ...agents, ...api, ...worker, ...metrics };
}

/** Without it the start is as good, and what was held waits for its time-out. */
async function releaseFormer(adapters: Adapters, family: string, logger: Logger): Promise<void> {
  try {
    const activities = await adapters.releaseHeldBy((identity) => identity.includes(`#${family}`));
    logger.info({ activities }, 'what the former worker held runs again');
  } catch (error) {
    logger.warn({ err: error }, 'what the former worker held waits for its heartbeat time-out');
  }
}

/** The lock on the data directory lets no two of these workers live at once: whoever was before is dead. */
const familyOf = (dataDir: string): string =>
  `stack-${createHash('sha256').update(`${os.hostname()}\0${dataDir}`).digest('hex').slice(0, 8)}-`;

/** Where a file, a port or a back end is at fault, the person at the terminal can do something about it. */
function asStartupError(error: unknown): unknown {
  const isSystems = error instanceof Error && 'syscall' in error;
  if (!isSystems && !(error instanceof PerdureError)) return error;
  const where = 'path' in error ? ` (${String(error.path)})` : '';
  return new StartupError(`the start failed: ${refusal(error)}${where}.`, { cause: error });
}
