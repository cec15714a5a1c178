/** A worker that polls until it is stopped: what fails is built anew, loudly, and never run twice. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Info } from '@temporalio/activity';
import { NativeConnection, Worker, type NativeConnectionOptions } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import type { Activities } from '../../contracts/activities.js';
import type { Sealing } from '../../contracts/sealing.js';
import type { ToolActivities } from '../../contracts/tool-calls.js';
import type { Logger } from '../ports/logger.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { HEARTBEAT_MS, heartbeatInterceptor, type ActivityListener } from './heartbeat.js';
import { traceActivities, traceSinks } from './trace.js';
import { workflowBundle } from './workflow-bundle.js';

export interface WorkerSettings {
  address: string;
  /** How the server is reached; in the clear unless told. */
  security?: Pick<NativeConnectionOptions, 'tls' | 'apiKey'>;
  /** How the server calls this worker; made from process and host unless told. */
  identity?: string;
  namespace: string;
  taskQueue: string;
  /** Where this build's runs are to stay with it; null where any worker takes any run. */
  version?: WorkerVersion | null;
  /** The workflow bundle that the build made; null for a worker of activities alone. */
  bundlePath: string | null;
  /** How payloads are written, as by every client of the same namespace. */
  payloads: { readonly converter: DataConverter; readonly sealing: Sealing | null };
  activities: Activities | ToolActivities;
  /** Told of the connection over which the worker polls, and with null when it is about to be closed. */
  onConnection?: (connection: NativeConnection | null) => void;
  /** Told of every activity, too. */
  listener?: ActivityListener;
  /** Null where nothing is traced. */
  tracer?: Tracer | null;
  logger: Logger;
  /** Milliseconds that running activities get to end by themselves, and then to heed their abort signal. */
  graceMs: number;
  forceMs: number;
}

/** As Temporal calls it: a worker deployment, and the build of it. */
export interface WorkerVersion {
  deploymentName: string;
  buildId: string;
}

export interface WorkerActivity {
  /** Requests for work that wait at the server for an answer. */
  polls: { workflows: boolean; activities: boolean };
  inFlight: { workflowTasks: number; activities: number; localActivities: number };
  cachedWorkflows: number;
  /** ISO 8601; null when none was taken since the process began. */
  lastTaskAt: string | null;
}

export interface RunningWorker {
  /** Resolves when the worker polls for the first time. */
  polling: Promise<void>;
  /** Settles when it gives up, with a sentence that says why: waiting or building it anew would change nothing. */
  lost: Promise<string>;
  /** What it does at this moment; null while it is built anew. */
  activity(): WorkerActivity | null;
  /** Drains and resolves when nothing is under way any more, or `forceMs` after. */
  stop(): Promise<void>;
}

const LONGEST_PAUSE_MS = 15_000;
/** What no pause mends: the namespace is gone, or we are not let in. As the SDK words it. */
const FATAL =
  /namespace\s.*(?:not found|not exist)|permission ?denied|unauthenticated|workflow bundle|ENOENT/i;

export function runWorker(settings: WorkerSettings): RunningWorker {
  const { logger } = settings;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;
  let current: Worker | undefined;
  let lastTaskAt: string | null = null;
  const listener: ActivityListener = {
    began(activity) {
      lastTaskAt = new Date().toISOString();
      logger.debug(wordsOf(activity), 'an activity begins');
      settings.listener?.began(activity);
    },
    ended(activity) {
      logger.debug(wordsOf(activity), 'an activity has ended');
      settings.listener?.ended(activity);
    },
  };
  let tellLost: (sentence: string) => void = () => undefined;
  const lost = new Promise<string>((resolve) => {
    tellLost = resolve;
  });
  let tellPolling: () => void = () => undefined;
  const polling = new Promise<void>((resolve) => {
    tellPolling = resolve;
  });

  const loop = async (): Promise<void> => {
    for (let failures = 0; !isStopping(); failures++) {
      try {
        const connection = await NativeConnection.connect({
          address: settings.address,
          ...settings.security,
        });
        try {
          current = await createWorker(settings, connection, listener);
          const ended = current.run();
          logger.info({ taskQueue: settings.taskQueue }, 'the worker polls');
          failures = 0;
          settings.onConnection?.(connection);
          tellPolling();
          // The stop may have come while the worker was made; only one that has run can be closed.
          if (isStopping()) current.shutdown();
          await ended;
        } finally {
          current = undefined;
          settings.onConnection?.(null);
          await connection.close();
        }
      } catch (error) {
        if (isStopping()) {
          logger.warn({ err: error }, 'the worker did not end in time and was left');
          return;
        }
        if (isFatal(error)) {
          logger.error(
            { err: error, cause: causeOf(error) },
            'the worker cannot poll, and no waiting mends it',
          );
          tellLost(`the worker cannot poll: ${messageOf(error)}`);
          return;
        }
        const pause = Math.min(1_000 * 2 ** failures, LONGEST_PAUSE_MS);
        logger.error(
          { err: error, cause: causeOf(error), retryInMs: pause },
          'the worker stopped polling and is built anew',
        );
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  };
  const finished = loop();

  return {
    polling,
    lost,
    activity() {
      if (current?.getState() !== 'RUNNING') return null;
      const status = current.getStatus();
      return {
        polls: {
          workflows: status.hasOutstandingWorkflowPoll,
          activities: status.hasOutstandingActivityPoll,
        },
        inFlight: {
          workflowTasks: status.numInFlightWorkflowActivations,
          activities: status.numInFlightNonLocalActivities,
          localActivities: status.numInFlightLocalActivities,
        },
        cachedWorkflows: status.numCachedWorkflows,
        lastTaskAt,
      };
    },
    async stop() {
      stopping.abort();
      settings.onConnection?.(null);
      if (current?.getState() === 'RUNNING') current.shutdown();
      await finished;
    },
  };
}

/** What a log can tell of one try of an activity: which it is, and since when it has waited for a worker. */
const wordsOf = ({
  activityId,
  activityType,
  attempt,
  scheduledTimestampMs,
  currentAttemptScheduledTimestampMs,
  isLocal,
  workflowExecution,
}: Info): object => ({
  workflowId: workflowExecution?.workflowId,
  activity: activityType,
  activityId,
  attempt,
  isLocal,
  scheduledAt: new Date(scheduledTimestampMs).toISOString(),
  queuedAt: new Date(currentAttemptScheduledTimestampMs).toISOString(),
});

/** The SDK wraps what went wrong first in what went wrong while it cleaned up. */
function causeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? (cause.stack ?? cause.message) : undefined;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isFatal = (error: unknown): boolean => FATAL.test(`${messageOf(error)} ${causeOf(error) ?? ''}`);

async function createWorker(
  settings: WorkerSettings,
  connection: NativeConnection,
  listener: ActivityListener,
): Promise<Worker> {
  const { version = null, tracer = null } = settings;
  return Worker.create({
    connection,
    ...(settings.identity === undefined ? {} : { identity: settings.identity }),
    namespace: settings.namespace,
    taskQueue: settings.taskQueue,
    ...(version === null
      ? {}
      : {
          workerDeploymentOptions: {
            version,
            useWorkerVersioning: true,
            // A run ends on the build that began it.
            defaultVersioningBehavior: 'PINNED',
          },
        }),
    ...(settings.bundlePath === null
      ? {}
      : { workflowBundle: await workflowBundle(settings.bundlePath, settings.payloads.sealing) }),
    dataConverter: settings.payloads.converter,
    activities: settings.activities,
    interceptors: {
      activity: [
        ...(tracer === null ? [] : [() => traceActivities(tracer)]),
        () => heartbeatInterceptor(listener),
      ],
    },
    // Also where nothing is traced: the SDK warns of each call of a sink that is not there.
    sinks: traceSinks(tracer ?? noTracer),
    shutdownGraceTime: settings.graceMs,
    shutdownForceTime: settings.forceMs,
    // Every beat is sent: the server's clock for a lost worker runs on them, and a cancellation reaches a tool
    // with the answer to one. By default the SDK would hold beats back for 80% of the heartbeat time-out.
    maxHeartbeatThrottleInterval: HEARTBEAT_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_MS,
    // How long a workflow task may wait for a worker that was killed before any other takes it. Shorter would
    // cost a full replay elsewhere whenever this worker is busy for a moment.
    stickyQueueScheduleToStartTimeout: '5s',
  });
}
