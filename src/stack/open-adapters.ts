/**
 * Chooses an adapter for each port by the settings, and opens it; none waits for its back end. Clients of S3, Redis
 * and Supabase are loaded where they are used only: together they take a third of a start.
 */
import type { Connection } from '@temporalio/client';
import { PerdureError } from '../../contracts/errors.js';
import { openPostgresRecords } from '../adapters/postgres/records.js';
import type { Records } from '../adapters/records/records.js';
import { isLasting } from '../adapters/redis/failure-words.js';
import { releaseHeldActivities } from '../adapters/temporal/held-activities.js';
import { applyReconcileSchedule } from '../adapters/temporal/reconcile-schedule.js';
import { applyRetentionSchedule } from '../adapters/temporal/retention-schedule.js';
import type { Payloads } from '../adapters/temporal/payloads.js';
import { createRunInspector } from '../adapters/temporal/run-inspector.js';
import { createRunWorkflows } from '../adapters/temporal/run-workflows.js';
import { createSchedules } from '../adapters/temporal/schedules.js';
import { createTemporalRunEngine } from '../adapters/temporal/run-engine.js';
import type { OwnWorker } from '../adapters/temporal/workflow-starter.js';
import type { Config } from '../config/env.js';
import { ConfigError } from '../config/env.js';
import type { EventBus } from '../ports/event-bus.js';
import type { Logger } from '../ports/logger.js';
import type { RunEngine } from '../ports/run-engine.js';
import type { RunWorkflows } from '../ports/open-runs.js';
import type { RunInspector } from '../ports/run-inspector.js';
import type { Schedules } from '../ports/schedules.js';
import type { Tracer } from '../ports/tracer.js';
import type { Workspace } from '../ports/workspace.js';
import { openPayloads } from './key-ring.js';
import { openBus } from './open-bus.js';
import { openWorkspace } from './open-workspace.js';
import type { Releasers } from './releasers.js';
import { connectTemporal, temporalSecurity, type TemporalSecurity } from './temporal-connection.js';
import type { Check } from './verify.js';

export interface Adapters {
  records: Omit<Records, 'close'>;
  bus: EventBus;
  workspace: Workspace;
  engine: RunEngine;
  inspector: RunInspector;
  schedules: Schedules;
  temporal: {
    address: string;
    security: TemporalSecurity;
    connection: Connection;
    payloads: Payloads;
    ownWorker: OwnWorker;
  };
  workflows: RunWorkflows;
  /** Has Temporal start our regular jobs: retention as configured, and the reconciler. */
  applySchedules: () => Promise<void>;
  /** Has activities run again at once whose worker is known to be dead. @returns how many */
  releaseHeldBy: (isDead: (identity: string) => boolean) => Promise<number>;
  /** One for each back end. The bus is required of a worker only: without it streams poll the log. */
  checks: { records: Check; workspace: Check; bus: Check; temporal: Check };
}

/** Milliseconds that a start waits at most for what former workers held to be given back. */
const RELEASE_MS = 10_000;

/**
 * @param config with the addresses of embedded servers filled in, where these are to be used
 * @throws ConfigError for a setting that cannot be used
 */
export async function openAdapters(
  config: Config,
  logger: Logger,
  releasers: Releasers,
  tracer?: Tracer,
): Promise<Adapters> {
  const records = await openRecords(config, logger, releasers);
  const workspace = await openWorkspace(config, releasers);
  const bus = await openBus(config, logger, releasers);
  const temporal = await openTemporal(config, records.ports, releasers, tracer);
  return {
    records: records.ports,
    workspace: workspace.port,
    bus: bus.port,
    engine: temporal.engine,
    inspector: temporal.inspector,
    schedules: temporal.schedules,
    temporal: temporal.connection,
    workflows: temporal.workflows,
    applySchedules: temporal.applySchedules,
    releaseHeldBy: temporal.releaseHeldBy,
    checks: {
      records: {
        name: 'records',
        what: records.what,
        required: true,
        use: () => records.ports.runs.check(),
        // To runs in progress a key that is refused is an outage, for somebody will mend it; at a start it is told.
        passes: (error) =>
          error instanceof PerdureError && error.retryable && !/\(HTTP 40[13]\)$/.test(error.message),
      },
      workspace: {
        name: 'workspace',
        what: workspace.what,
        required: true,
        use: () => workspace.port.check(),
      },
      bus: {
        name: 'bus',
        what: bus.what,
        required: false,
        use: () => bus.port.check(),
        passes: (error) => error instanceof Error && !isLasting(error.message),
      },
      temporal: {
        name: 'temporal',
        what: `namespace ${config.temporalNamespace} at ${temporal.connection.address}`,
        required: true,
        async use() {
          await temporal.connection.payloads.check();
          await temporal.engine.check();
        },
      },
    },
  };
}

/** @throws ConfigError where no records are configured and none are embedded */
export async function openRecords(
  { databaseUrl, databaseConnections, supabase }: Config,
  logger: Logger,
  releasers: Releasers,
): Promise<{ ports: Omit<Records, 'close'>; what: string }> {
  const opened = (ports: Records, what: string): Awaited<ReturnType<typeof openRecords>> => {
    releasers.push('the connections to the database', () => ports.close());
    return { ports, what };
  };
  // supabase-js wherever there is a Supabase, unless the direct connection is given, which is quicker.
  if (databaseUrl !== null)
    return opened(
      openPostgresRecords(databaseUrl, logger, databaseConnections),
      `Postgres at ${new URL(databaseUrl).host}`,
    );
  if (supabase !== null) {
    const { openSupabaseRecords } = await import('../adapters/supabase/records.js');
    return opened(openSupabaseRecords(supabase), `Supabase at ${new URL(supabase.url).host}`);
  }
  throw new ConfigError('DATABASE_URL must be set, or SUPABASE_URL with SUPABASE_SERVICE_ROLE_KEY');
}

async function openTemporal(
  config: Config,
  records: Pick<Records, 'tenantKeys'>,
  releasers: Releasers,
  tracer: Tracer | undefined,
): Promise<
  { connection: Adapters['temporal'] } & Pick<
    Adapters,
    'engine' | 'inspector' | 'schedules' | 'applySchedules' | 'workflows' | 'releaseHeldBy'
  >
> {
  const { temporalAddress: address } = config;
  if (address === null) throw new ConfigError('TEMPORAL_ADDRESS must be set');
  const security = await temporalSecurity(config);
  const connection = connectTemporal(address, security);
  releasers.push('the connection to Temporal', () => connection.close());
  const ownWorker: OwnWorker = { connection: null };
  const { temporalNamespace: namespace, taskQueue } = config;
  const payloads = openPayloads(config, { connection, namespace }, records.tenantKeys);
  const place = { connection, namespace, payloads, taskQueue, toolTaskQueue: config.toolWorkers.taskQueue };
  const engine = createTemporalRunEngine({
    ...place,
    ownWorker,
    uiUrl: config.temporalUiUrl,
    tracer: tracer ?? null,
  });
  const inspector = createRunInspector(place);
  const applySchedules = async (): Promise<void> => {
    await applyRetentionSchedule({ ...place, retention: config.retention });
    await applyReconcileSchedule(place, taskQueue);
  };
  const workflows = createRunWorkflows(place);
  const releaseHeldBy: Adapters['releaseHeldBy'] = (isDead) =>
    connection.withDeadline(Date.now() + RELEASE_MS, () =>
      releaseHeldActivities({ connection, namespace, isDead }),
    );
  return {
    engine,
    inspector,
    schedules: createSchedules(place),
    connection: { address, security, connection, payloads, ownWorker },
    workflows,
    applySchedules,
    releaseHeldBy,
  };
}
