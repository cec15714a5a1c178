/** A worker over the ports. */
import { createActivities } from '../../activities/create-activities.js';
import { createReconcileActivities } from '../../activities/reconcile.js';
import { createRetentionActivities } from '../../activities/retention.js';
import { createScheduledRunActivities } from '../../activities/scheduled-run.js';
import { createWebhookActivities } from '../../activities/webhooks.js';
import { createDelegation } from '../agents/delegation.js';
import { createPlanner } from '../agents/planner.js';
import { createResultShaper } from '../agents/result-shaper.js';
import { createSupervisor } from '../agents/model-supervisor.js';
import { createStepAgent } from '../agents/step-agent.js';
import type { Config } from '../config/env.js';
import type { Admission } from '../ports/admission.js';
import type { Logger } from '../ports/logger.js';
import type { RunMeter } from '../ports/meters.js';
import { noTracer } from '../ports/no-tracer.js';
import { noteStorage } from '../ports/note-storage.js';
import type { Tracer } from '../ports/tracer.js';
import { runWorker } from '../worker/run-worker.js';
import { startWatchdog } from '../worker/watchdog.js';
import type { AgentParts } from './agents.js';
import type { Adapters } from './open-adapters.js';
import { openWebhookSender } from './webhook-sender.js';
import type { Releasers } from './releasers.js';
import { toolCatalog } from './tool-catalog.js';
import { toolQueueOf } from './tool-registry.js';
import { untilPolling } from './worker-process.js';
import { bundlePathOf, settleVersion, workerVersionOf } from './worker-version.js';

export interface WorkerPartOptions {
  config: Config;
  adapters: Adapters;
  agents: AgentParts;
  builtRoot: string;
  identity: string;
  logger: Logger;
  meter: RunMeter;
  /** Null where nothing is traced. */
  tracer: Tracer | null;
  /** Milliseconds that running activities get to end by themselves, and then to heed their abort signal. */
  graceMs: number;
  forceMs: number;
  /** Whether the log is lines of JSON on standard output; else a person sits at the terminal. */
  json: boolean;
}

/**
 * Resolves when it polls.
 * @returns `lost` settles when the worker gives up, with a sentence that says why
 * @throws StartupError when it gives up before
 */
export async function startWorkerPart(
  options: WorkerPartOptions,
  releasers: Releasers,
): Promise<{ lost: Promise<string> }> {
  const { config, adapters, meter, tracer } = options;
  const { agents, models, tools } = options.agents;
  const logger = options.logger.child({ component: 'worker' });
  const version = await workerVersionOf(config, options.builtRoot);
  const watchdog = startWatchdog({ json: options.json });
  releasers.push('the watchdog', () => watchdog.stop());
  const worker = runWorker({
    address: adapters.temporal.address,
    security: adapters.temporal.security,
    identity: options.identity,
    namespace: config.temporalNamespace,
    taskQueue: config.taskQueue,
    bundlePath: bundlePathOf(options.builtRoot),
    payloads: adapters.temporal.payloads,
    version,
    activities: {
      ...createReconcileActivities({
        store: adapters.records.runs,
        log: adapters.records.log,
        records: adapters.records.open,
        workflows: adapters.workflows,
        logger,
        meter,
      }),
      ...createRetentionActivities({
        retention: adapters.records.retention,
        audit: adapters.records.audit,
        workspace: adapters.workspace,
        logger,
      }),
      ...createScheduledRunActivities({
        agents,
        tools: toolCatalog(tools),
        admission: adapters.records.admission,
        limits: config.limits,
        logger,
      }),
      ...createWebhookActivities({
        store: adapters.records.runs,
        sender: openWebhookSender(config, tracer ?? noTracer),
        logger,
      }),
      ...createActivities({
        store: adapters.records.runs,
        log: adapters.records.log,
        bus: adapters.bus,
        workspace: adapters.workspace,
        agents,
        shaper: createResultShaper({ models, agents }),
        planner: createPlanner({ models, agents, tools: toolCatalog(tools) }),
        supervisor: createSupervisor({ models, agents, tools: toolCatalog(tools), logger }),
        stepAgent: createStepAgent({ models, agents, tools }),
        delegation: createDelegation({ agents, tools: toolCatalog(tools) }),
        admit: admissionOf(config.limits.openRuns, adapters.records.admission),
        tools,
        toolQueueOf: toolQueueOf(config),
        noteStorage:
          config.limits.storageBytes === null
            ? null
            : (scope) => noteStorage(adapters.workspace, adapters.records.admission, scope),
        logger,
        meter,
        tracer: tracer ?? noTracer,
      }),
    },
    tracer,
    // An API in this process starts runs over it.
    onConnection: (connection) => {
      adapters.temporal.ownWorker.connection = connection;
    },
    listener: watchdog,
    logger,
    graceMs: options.graceMs,
    forceMs: options.forceMs,
  });
  const { identity } = options;
  await untilPolling(config, { worker, inspector: adapters.inspector, identity, logger }, releasers);
  await adapters.applySchedules();
  if (version !== null) {
    const ending = new AbortController();
    const { temporalNamespace: namespace } = config;
    const settled = settleVersion({
      connection: adapters.temporal.connection,
      namespace,
      version,
      logger,
      signal: ending.signal,
    });
    releasers.push('the worker’s version', () => {
      ending.abort();
      return settled;
    });
  }
  return { lost: worker.lost };
}

/** Sub-agents count among the open runs of their tenant; nobody submits them. */
export function admissionOf(
  openRuns: number | null,
  admitted: Admission,
): ((tenantId: string, runId: string) => Promise<boolean>) | null {
  if (openRuns === null) return null;
  return async (tenantId, runId) => {
    const limits = { openRuns, submissionsPerMinute: null };
    return (await admitted.admitRun(tenantId, runId, limits)).refusedBy === null;
  };
}
