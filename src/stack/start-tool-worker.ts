/** A worker process of tools: it makes their calls, and has neither the records nor models. */
import { createToolActivities } from '../../activities/tool-activities.js';
import type { OpenedTracer } from '../adapters/opentelemetry/open-tracer.js';
import { checkTemporal } from '../adapters/temporal/check-temporal.js';
import { createRunInspector } from '../adapters/temporal/run-inspector.js';
import { ACTIVITY_TASKS, countPollers } from '../adapters/temporal/task-queue-pollers.js';
import { callTemporal } from '../adapters/temporal/unavailable.js';
import { ConfigError, type Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { noTracer } from '../ports/no-tracer.js';
import { runWorker } from '../worker/run-worker.js';
import { startWatchdog } from '../worker/watchdog.js';
import { openPayloads } from './key-ring.js';
import type { Running } from './lifecycle.js';
import { openBus } from './open-bus.js';
import { openWorkspace } from './open-workspace.js';
import { connectTemporal, temporalSecurity } from './temporal-connection.js';
import { openToolRegistry } from './tool-registry.js';
import { sandboxCheck } from './sandbox-check.js';
import {
  graceTimes,
  startWorkerProcess,
  untilPolling,
  type OpenedWorker,
  type WorkerOpening,
} from './worker-process.js';

/** @throws StartupError or ConfigError; whatever was opened is closed again */
export const startToolWorker = (
  config: Config,
  logger: Logger,
  signal: AbortSignal,
  traces: OpenedTracer | null,
): Promise<Running> =>
  startWorkerProcess(
    { config, logger, signal, traces, title: 'the worker of tools', family: 'tools-' },
    (opening) => openToolWorker(config, opening),
  );

async function openToolWorker(config: Config, opening: WorkerOpening): Promise<OpenedWorker> {
  const { identity, logger, meter, releasers } = opening;
  const { temporalAddress: address, temporalNamespace: namespace } = config;
  const { taskQueue } = config.toolWorkers;
  if (address === null || taskQueue === null)
    throw new ConfigError('TEMPORAL_ADDRESS and PERDURE_TOOL_TASK_QUEUE must be set');
  const tracer = opening.tracer ?? noTracer;
  const tools = await openToolRegistry(config, [], logger, releasers, tracer);
  const workspace = await openWorkspace(config, releasers);
  const bus = await openBus(config, logger, releasers);
  const security = await temporalSecurity(config);
  const connection = connectTemporal(address, security);
  releasers.push('the connection to Temporal', () => connection.close());
  const payloads = openPayloads(config, { connection, namespace }, null);
  return {
    taskQueue,
    checks: [
      {
        name: 'temporal',
        what: `namespace ${namespace} at ${address}`,
        required: true,
        async use() {
          await payloads.check();
          await callTemporal(connection, () => checkTemporal(connection, namespace));
        },
      },
      { name: 'workspace', what: workspace.what, required: true, use: () => workspace.port.check() },
      // Without it nobody hears how far a tool is, and all else goes on.
      { name: 'bus', what: bus.what, required: false, use: () => bus.port.check(), passes: () => true },
      sandboxCheck,
    ],
    isPolling: () =>
      callTemporal(
        connection,
        async () =>
          (await countPollers({ connection, namespace, taskQueue }, ACTIVITY_TASKS, { identity })) > 0,
      ),
    async work() {
      const watchdog = startWatchdog({ json: true });
      releasers.push('the watchdog', () => watchdog.stop());
      const worker = runWorker({
        ...{ address, security, identity, namespace, taskQueue, payloads, tracer: opening.tracer },
        ...graceTimes,
        bundlePath: null,
        activities: createToolActivities({
          ...{ tools, meter, tracer },
          workspace: workspace.port,
          bus: bus.port,
        }),
        listener: watchdog,
        logger: logger.child({ component: 'worker' }),
      });
      const inspector = createRunInspector({ connection, namespace, payloads, taskQueue });
      await untilPolling(
        config,
        {
          ...{ worker, identity, logger },
          inspector: { queue: () => inspector.queue(), openRunsElsewhere: () => Promise.resolve(0) },
          kinds: ['activities'],
        },
        releasers,
      );
      return { lost: worker.lost };
    },
  };
}
