/**
 * The durable half of perdure (engine, worker, activities, records) over real servers, in this process: the
 * database can be cut off, and tools of a test's own can be added.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { v7 } from 'uuid';
import { createReconcileActivities } from '../../../activities/reconcile.js';
import { createScheduledRunActivities } from '../../../activities/scheduled-run.js';
import { createWebhookActivities } from '../../../activities/webhooks.js';
import { createActivities } from '../../../activities/create-activities.js';
import { createToolActivities } from '../../../activities/tool-activities.js';
import { runEventSchema, type RunEvent } from '../../../contracts/events.js';
import { isTerminalEvent } from '../../../contracts/terminal.js';
import { workflowIdOf } from '../../../contracts/messages.js';
import { planSchema, type JsonValue } from '../../../contracts/plan.js';
import type { NewRun } from '../../../contracts/runs.js';
import { ensureBuilt } from '../../../scripts/build.mjs';
import {
  testDirectory,
  testPostgres,
  testTemporal,
} from '../../../src/adapters/embedded/testing/backends.js';
import { createLocalEventBus } from '../../../src/adapters/local/local-event-bus.js';
import { createLocalWorkspace } from '../../../src/adapters/local/local-workspace.js';
import { migrate } from '../../../src/adapters/postgres/migrate.js';
import { openPostgresRecords } from '../../../src/adapters/postgres/records.js';
import { createMetrics } from '../../../src/adapters/prometheus/metrics.js';
import {
  createSealedPayloads,
  plainPayloads,
  type Payloads,
} from '../../../src/adapters/temporal/payloads.js';
import { createRunInspector } from '../../../src/adapters/temporal/run-inspector.js';
import { createRunWorkflows } from '../../../src/adapters/temporal/run-workflows.js';
import { createSchedules } from '../../../src/adapters/temporal/schedules.js';
import { createTemporalRunEngine } from '../../../src/adapters/temporal/run-engine.js';
import type { OwnWorker } from '../../../src/adapters/temporal/workflow-starter.js';
import { createDelegation } from '../../../src/agents/delegation.js';
import { createPlanner } from '../../../src/agents/planner.js';
import { createResultShaper } from '../../../src/agents/result-shaper.js';
import { createSupervisor } from '../../../src/agents/model-supervisor.js';
import { createStepAgent } from '../../../src/agents/step-agent.js';
import { readConfig } from '../../../src/config/env.js';
import { createFakes } from '../../../src/api/testing/fakes.js';
import type { Budget } from '../../../contracts/budgets.js';
import type { ApprovalPolicy } from '../../../contracts/approvals.js';
import type { AgentCatalog } from '../../../src/ports/agent-catalog.js';
import type { Admission } from '../../../src/ports/admission.js';
import type { AuditLog } from '../../../src/ports/audit-log.js';
import type { EventBus } from '../../../src/ports/event-bus.js';
import type { ApprovalStore } from '../../../src/ports/approval-store.js';
import type { EventLog } from '../../../src/ports/event-log.js';
import { noTracer } from '../../../src/ports/no-tracer.js';
import { noteStorage } from '../../../src/ports/note-storage.js';
import type { KeyRing } from '../../../src/ports/key-ring.js';
import type { RunEngine } from '../../../src/ports/run-engine.js';
import type { RunInspector } from '../../../src/ports/run-inspector.js';
import type { TenantKeyStore } from '../../../src/ports/tenant-keys.js';
import type { TenantRecords } from '../../../src/ports/tenant-records.js';
import type { Schedules } from '../../../src/ports/schedules.js';
import type { ToolCatalog } from '../../../src/ports/tool-catalog.js';
import type { Workspace } from '../../../src/ports/workspace.js';
import type { RunStore } from '../../../src/ports/run-store.js';
import { openAgents } from '../../../src/stack/agents.js';
import { Releasers } from '../../../src/stack/releasers.js';
import { openWebhookSender } from '../../../src/stack/webhook-sender.js';
import { toolCatalog } from '../../../src/stack/tool-catalog.js';
import { toolQueueOf } from '../../../src/stack/tool-registry.js';
import type { Tool } from '../../../src/tools/tool.js';
import { admissionOf } from '../../../src/stack/worker-part.js';
import { runWorker, type WorkerSettings, type WorkerVersion } from '../../../src/worker/run-worker.js';
import { startProxy, type CuttableProxy } from './cuttable-proxy.js';

const root = path.resolve(import.meta.dirname, '../../..');
const TASK_QUEUE = 'perdure';
const TOOL_QUEUE = 'perdure-tools';
/** What webhooks are signed with. */
export const WEBHOOK_SECRET = 'a-secret-of-the-tests-that-is-long-enough';
const unmeasured = createMetrics().runs();

type OwnSettings = Omit<WorkerSettings, 'version' | 'bundlePath'> & { bundlePath: string };

export interface System {
  engine: RunEngine;
  inspector: RunInspector;
  payloads: Payloads;
  tenantKeys: TenantKeyStore;
  tenants: TenantRecords;
  audit: AuditLog;
  store: RunStore;
  log: EventLog;
  bus: EventBus;
  admission: Admission;
  approvals: ApprovalStore;
  schedules: Schedules;
  workspace: Workspace;
  tools: ToolCatalog;
  agents: AgentCatalog;
  /** The way to the database. */
  database: CuttableProxy;
  client: Client;
  /** Of the database itself, past the proxy. */
  databaseUrl: string;
  /** Its own worker, and what another one needs to be like it. */
  worker: { stop(): Promise<void>; settings: OwnSettings };
  /** The worker of tools, where there is one: stopped, and another one started. */
  toolWorker: { stop(): Promise<void>; start(): Promise<void> };
  /** Of Temporal, host:port. */
  address: string;
  /** Where Temporal has its database. */
  temporalDirectory: string;
  /** Starts a run without its record, as an API does whose database is down. */
  start(
    steps: object[],
    more?: {
      maxParallel?: number;
      data?: JsonValue;
      approvals?: ApprovalPolicy;
      budget?: Budget;
      webhook?: string;
      goal?: string;
      metadata?: Record<string, string>;
      tenantId?: string;
      agent?: string;
    },
  ): Promise<NewRun>;
  /** The same of a run whose plan a model makes. */
  startGoal(goal: string, data?: JsonValue, budget?: Budget): Promise<NewRun>;
  /** Every event of the run, once it has ended: without a gap, each as the contract has it. */
  events(runId: string): Promise<RunEvent[]>;
  /** Of all the workflow's executions, oldest first; the workflow is waited for. */
  keepHistories(name: string, runId: string): Promise<number>;
  release(): Promise<void>;
}

export async function startSystem(
  options: {
    tools?: readonly Tool[];
    dynamicConfig?: Readonly<Record<string, string>>;
    /** As in the environment, for what concerns models. */
    settings?: Readonly<Record<string, string>>;
    /** Where webhooks may go although it is no public address. */
    httpAllow?: readonly string[];
    /** Runs are started over its connection, as by an API in the worker's process. */
    ownWorker?: OwnWorker;
    /** Runs are pinned to it. */
    version?: WorkerVersion;
    /** Runs of a tenant that may be open at once, for sub-agents; not limited unless told. */
    openRuns?: number;
    /** What payloads in Temporal are sealed with; in the clear unless told. */
    keys?: (store: TenantKeyStore) => KeyRing;
    /** Calls of tools are made by a worker of their own. */
    toolsApart?: boolean;
  } = {},
): Promise<System> {
  const releasers = new Releasers();
  const { logger } = createFakes();
  silence();
  await ensureBuilt(root);
  const temporal = await testTemporal(process.env, options.dynamicConfig);
  releasers.push('Temporal', () => temporal.release());
  const postgres = await testPostgres();
  releasers.push('Postgres', () => postgres.release());
  await migrate(postgres.connectionString, path.join(root, 'deploy/migrations'));
  const proxy = await startProxy(postgres);
  releasers.push('the proxy', () => proxy.close());
  const records = openPostgresRecords(
    postgres.connectionString.replace(`:${postgres.port}/`, `:${proxy.port}/`),
    logger,
  );
  releasers.push('the database', () => records.close());
  const files = await testDirectory();
  releasers.push('the files', () => files.remove());

  const { runs: store, log } = records;
  const connection = await Connection.connect({ address: temporal.address });
  releasers.push('the connection', () => connection.close());
  const { ownWorker } = options;
  const ring = options.keys?.(records.tenantKeys);
  const payloads =
    ring === undefined ? plainPayloads : createSealedPayloads({ ring, connection, namespace: 'default' });
  const toolTaskQueue = options.toolsApart === true ? TOOL_QUEUE : null;
  const place = { connection, namespace: 'default', payloads, taskQueue: TASK_QUEUE, toolTaskQueue };
  const engine = createTemporalRunEngine({
    ...(ownWorker === undefined ? {} : { ownWorker }),
    ...place,
    uiUrl: null,
  });
  const bus = createLocalEventBus();
  const config = readConfig({
    ...options.settings,
    ...(options.toolsApart === true ? { PERDURE_TOOL_TASK_QUEUE: TOOL_QUEUE } : {}),
  });
  const { models, agents, tools } = await openAgents(config, options.tools ?? [], logger, releasers);
  const workspace = createLocalWorkspace(files.directory);
  const settings: OwnSettings = {
    address: temporal.address,
    namespace: 'default',
    taskQueue: TASK_QUEUE,
    bundlePath: path.join(root, 'dist/workflow-bundle.js'),
    payloads,
    activities: {
      ...createReconcileActivities({
        store,
        log,
        records: records.open,
        workflows: createRunWorkflows(place),
        logger,
        meter: unmeasured,
        youngMs: 0,
      }),
      ...createScheduledRunActivities({
        agents,
        tools: toolCatalog(tools),
        admission: records.admission,
        limits: { openRuns: null, submissionsPerMinute: null },
        logger,
      }),
      ...createWebhookActivities({
        store,
        sender: openWebhookSender({
          webhookSecrets: [WEBHOOK_SECRET],
          httpAllow: options.httpAllow ?? [],
          httpDeny: [],
        }),
        logger,
      }),
      ...createActivities({
        store,
        log,
        bus,
        workspace,
        agents,
        shaper: createResultShaper({ models, agents }),
        planner: createPlanner({ models, agents, tools: toolCatalog(tools) }),
        supervisor: createSupervisor({ models, agents, tools: toolCatalog(tools), logger }),
        stepAgent: createStepAgent({ models, agents, tools }),
        delegation: createDelegation({ agents, tools: toolCatalog(tools) }),
        admit: admissionOf(options.openRuns ?? null, records.admission),
        tools,
        toolQueueOf: toolQueueOf(config),
        noteStorage: (scope) => noteStorage(workspace, records.admission, scope),
        logger,
        meter: unmeasured,
        tracer: noTracer,
      }),
    },
    ...(ownWorker === undefined
      ? {}
      : {
          onConnection: (own) => {
            ownWorker.connection = own;
          },
        }),
    logger,
    graceMs: 500,
    forceMs: 5_000,
  };
  const worker = runWorker({ ...settings, version: options.version ?? null });
  releasers.push('the worker', () => worker.stop());
  await worker.polling;
  let ofTools: ReturnType<typeof runWorker> | undefined;
  const toolWorker = {
    async start() {
      ofTools = runWorker({
        ...{ address: temporal.address, namespace: 'default', taskQueue: TOOL_QUEUE, payloads, logger },
        bundlePath: null,
        // None of what the others hold.
        activities: createToolActivities({ tools, workspace, bus, meter: unmeasured, tracer: noTracer }),
        graceMs: 500,
        forceMs: 5_000,
      });
      await ofTools.polling;
    },
    async stop() {
      await ofTools?.stop();
    },
  };
  releasers.push('the worker of tools', () => toolWorker.stop());
  if (options.toolsApart === true) await toolWorker.start();
  const client = new Client({ connection, dataConverter: payloads.converter });
  const traits = Object.fromEntries(
    tools.list().map(({ name, timeoutSeconds, effect, quick }) => [name, { timeoutSeconds, effect, quick }]),
  );

  return {
    engine,
    inspector: createRunInspector(place),
    payloads,
    tenantKeys: records.tenantKeys,
    tenants: records.tenants,
    audit: records.audit,
    store,
    log,
    bus,
    admission: records.admission,
    approvals: records.approvals,
    workspace,
    tools: toolCatalog(tools),
    agents,
    schedules: createSchedules(place),
    databaseUrl: postgres.connectionString,
    database: proxy,
    client,
    address: temporal.address,
    temporalDirectory: temporal.directory,
    worker: { stop: () => worker.stop(), settings },
    toolWorker,
    async startGoal(goal, data, budget) {
      const run = newRun(goal, budget);
      await engine.start({
        run,
        plan: null,
        inputsData: data === undefined ? null : { value: data },
        tools: traits,
        // As of a submission that says nothing else.
        approvals: 'irreversible',
      });
      return run;
    },
    async start(steps, { maxParallel, data, approvals, budget, webhook, goal = 'a test', ...more } = {}) {
      const run = {
        ...newRun(goal, budget),
        ...more,
        ...(webhook === undefined ? {} : { webhook: { url: webhook } }),
      };
      const plan = planSchema.parse({ steps, ...(maxParallel === undefined ? {} : { maxParallel }) });
      await engine.start({
        run,
        plan,
        inputsData: data === undefined ? null : { value: data },
        tools: traits,
        ...(approvals === undefined ? {} : { approvals }),
      });
      return run;
    },
    async events(runId) {
      await client.workflow
        .getHandle(workflowIdOf(runId))
        .result()
        .catch(() => undefined);
      const events: RunEvent[] = [];
      for (let page = await log.read(runId, 0, 500); page.length > 0;) {
        events.push(...page);
        page = await log.read(runId, events.at(-1)?.seq ?? 0, 500);
      }
      if (!isTerminalEvent(events.at(-1)?.type ?? '')) throw new Error('the log has no terminal event');
      for (const [i, event] of events.entries()) {
        runEventSchema.parse(event);
        if (event.seq !== i + 1) throw new Error(`seq ${event.seq} stands where ${i + 1} should`);
      }
      return events;
    },
    async keepHistories(name, runId) {
      const histories = await historiesOf(client, workflowIdOf(runId));
      // Recorded once for each released version of the workflow: RECORD_HISTORIES=1 npx vitest run tests/integration
      if (process.env.RECORD_HISTORIES === '1') {
        const folder = path.join(root, 'tests/replay/histories');
        await mkdir(folder, { recursive: true });
        for (const [i, history] of histories.entries())
          await writeFile(path.join(folder, `${name}-${i + 1}.json`), `${anonymous(history)}\n`);
      }
      return histories.length;
    },
    release: () => releasers.release(logger),
  };
}

/** Activities fail here on purpose, by the dozen. A process has one runtime, whatever systems it starts. */
let isSilent = false;
function silence(): void {
  if (isSilent) return;
  isSilent = true;
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
}

const newRun = (goal: string, budget?: Budget): NewRun => ({
  ...(budget === undefined ? {} : { budget }),
  id: v7(),
  tenantId: 'acme',
  goal,
  agent: 'default',
  metadata: {},
  requestHash: null,
  createdAt: new Date().toISOString(),
});

/** A history belongs to no machine. */
const anonymous = (history: string): string =>
  history.replaceAll(`${root}/`, '').replaceAll(os.hostname(), 'host');

/** Of each execution, the first one first: from the last one back, for lists of executions are behind on a busy server. */
async function historiesOf(client: Client, workflowId: string): Promise<string[]> {
  const histories: string[] = [];
  let runId: string | undefined;
  do {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.unshift(historyToJSON(history));
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    runId = started?.continuedExecutionRunId ?? undefined;
  } while (runId !== undefined && runId !== '');
  return histories;
}
