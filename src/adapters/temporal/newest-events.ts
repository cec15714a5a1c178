/**
 * What the newest events of a run's history tell that describe does not: an open timer, a failed workflow task, who took
 * it, why the workflow was terminated.
 */
import type { Connection } from '@temporalio/client';
import { historyToJSON, JSONToPayload, type JSONPayload } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowFacts } from '../../ports/run-inspector.js';
import type { Payloads } from './payloads.js';

/** Events a page, and pages at most: a timer is looked for so far back. */
const PAGE = 200;
const PAGES = 5;

/** The fields that are read here, of an event as Temporal writes it in JSON. */
interface HistoryEvent {
  eventType: string;
  eventTime: string;
  userMetadata?: { summary?: JSONPayload };
  timerStartedEventAttributes?: { timerId: string; startToFireTimeout: string };
  timerFiredEventAttributes?: { timerId: string };
  timerCanceledEventAttributes?: { timerId: string };
  workflowTaskScheduledEventAttributes?: { taskQueue?: { kind?: string } };
  workflowTaskStartedEventAttributes?: { identity?: string };
  workflowTaskFailedEventAttributes?: {
    cause: string;
    failure?: { message?: string; encodedAttributes?: JSONPayload };
  };
  workflowTaskTimedOutEventAttributes?: { timeoutType: string };
  workflowExecutionTerminatedEventAttributes?: { reason?: string };
}

interface Newest extends Pick<WorkflowFacts, 'timer' | 'taskFailure' | 'terminatedFor' | 'lastWorker'> {
  /** Whether the workflow task that waits is kept for the worker that had the run last. */
  taskIsKept: boolean;
}

export async function newestOf(
  service: Connection['workflowService'],
  payloads: Payloads,
  namespace: string,
  execution: { workflowId: string },
): Promise<Newest> {
  const closedTimers = new Set<string>();
  let taskFailure: Newest['taskFailure'] | undefined;
  let terminatedFor: string | null = null;
  let timer: Newest['timer'] | undefined;
  let lastWorker: string | null = null;
  let taskIsKept: boolean | undefined;
  let nextPageToken: Uint8Array = new Uint8Array();
  for (let pages = 0; pages < PAGES; pages += 1) {
    const page = await service.getWorkflowExecutionHistoryReverse({
      namespace,
      execution,
      maximumPageSize: PAGE,
      nextPageToken,
    });
    const { events } = JSON.parse(historyToJSON({ events: page.history?.events ?? [] })) as {
      events: HistoryEvent[];
    };
    for (const event of events) {
      terminatedFor ??= event.workflowExecutionTerminatedEventAttributes?.reason ?? null;
      // The newest task that ended has the word; a queue of one worker that was given up is no failure.
      if (taskFailure === undefined) taskFailure = await taskEnd(event, payloads);
      const closed = event.timerFiredEventAttributes?.timerId ?? event.timerCanceledEventAttributes?.timerId;
      if (closed !== undefined) closedTimers.add(closed);
      timer ??= await openTimer(event, closedTimers, payloads);
      lastWorker ??= event.workflowTaskStartedEventAttributes?.identity ?? null;
      // Any other word of a workflow task that is newer says that none waits in this way.
      if (event.eventType.startsWith('EVENT_TYPE_WORKFLOW_TASK_'))
        taskIsKept ??=
          event.workflowTaskScheduledEventAttributes?.taskQueue?.kind === 'TASK_QUEUE_KIND_STICKY';
    }
    ({ nextPageToken } = page);
    if (timer !== undefined || nextPageToken.length === 0) break;
  }
  return {
    timer: timer ?? null,
    taskFailure: taskFailure ?? null,
    terminatedFor,
    lastWorker,
    taskIsKept: taskIsKept ?? false,
  };
}

/** Undefined for an event that ends no workflow task; null for one that ends it well. */
async function taskEnd(event: HistoryEvent, payloads: Payloads): Promise<Newest['taskFailure'] | undefined> {
  if (event.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED') return null;
  const failed = event.workflowTaskFailedEventAttributes;
  if (failed !== undefined) {
    const { message, encodedAttributes } = failed.failure ?? {};
    return {
      cause: failed.cause.replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase(),
      message:
        encodedAttributes === undefined
          ? (message ?? '')
          : await payloads.message({ encodedAttributes: JSONToPayload(encodedAttributes) }),
    };
  }
  const timedOut = event.workflowTaskTimedOutEventAttributes?.timeoutType;
  return timedOut === 'TIMEOUT_TYPE_START_TO_CLOSE'
    ? { cause: 'timed_out', message: 'the worker did not answer within the workflow task’s time' }
    : undefined;
}

async function openTimer(
  event: HistoryEvent,
  closed: ReadonlySet<string>,
  payloads: Payloads,
): Promise<Newest['timer'] | undefined> {
  const started = event.timerStartedEventAttributes;
  if (started === undefined || closed.has(started.timerId)) return undefined;
  const seconds = Number.parseFloat(started.startToFireTimeout);
  return {
    until: new Date(Date.parse(event.eventTime) + seconds * 1_000).toISOString(),
    summary: await textOf(event.userMetadata?.summary, payloads),
  };
}

/** A payload's text; null where it cannot be read. */
async function textOf(summary: JSONPayload | undefined, payloads: Payloads): Promise<string | null> {
  if (summary === undefined) return null;
  try {
    const value: unknown = await payloads.read(JSONToPayload(summary));
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
