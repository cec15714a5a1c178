/** RunEngine on Temporal: one workflow a run. */
import { createHash } from 'node:crypto';
import { defineSearchAttributeKey, WorkflowNotFoundError } from '@temporalio/common';
import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  type Connection,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { AgentRunInput, PauseRequest, ResumeRequest } from '../../../contracts/messages.js';
import {
  AGENT_RUN_WORKFLOW,
  CANCEL_SIGNAL,
  DECIDE_UPDATE,
  MESSAGE_UPDATE,
  PAUSE_SIGNAL,
  PLAN_UPDATE,
  RESUME_SIGNAL,
  searchAttributes,
  workflowIdOf,
} from '../../../contracts/messages.js';
import { summaryOf } from '../../../contracts/summary.js';
import type { RunEngine } from '../../ports/run-engine.js';
import type { Tracer } from '../../ports/tracer.js';
import { checkTemporal } from './check-temporal.js';
import { unopened } from './payload-codec.js';
import type { Payloads } from './payloads.js';
import { watchSilence } from './silent-workers.js';
import { ACTIVITY_TASKS, countPollers, WORKFLOW_TASKS } from './task-queue-pollers.js';
import { traceStarts } from './trace-runs.js';
import { createWorkflowStarter, type OwnWorker } from './workflow-starter.js';
import { CALL_DEADLINE, callTemporal } from './unavailable.js';
import { updateRun } from './update-run.js';

export interface TemporalEngineOptions {
  connection: Connection;
  payloads: Payloads;
  /** Where API and worker are one process. */
  ownWorker?: OwnWorker;
  namespace: string;
  taskQueue: string;
  /** Of workers that make the calls of tools; null where there are none apart. */
  toolTaskQueue?: string | null;
  /** Base address of the Web UI; null when none is known. */
  uiUrl: string | null;
  /** Null where nothing is traced. */
  tracer?: Tracer | null;
}

const keys = {
  tenantId: defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD'),
  agentName: defineSearchAttributeKey(searchAttributes.agentName, 'KEYWORD'),
  runStatus: defineSearchAttributeKey(searchAttributes.runStatus, 'KEYWORD'),
};

export function createTemporalRunEngine(options: TemporalEngineOptions): RunEngine {
  const { connection, namespace, payloads, taskQueue, toolTaskQueue = null, uiUrl, tracer = null } = options;
  const interceptors = {
    workflow: tracer === null ? [] : [traceStarts({ connection, namespace, payloads, tracer })],
  };
  const client = new Client({ connection, namespace, dataConverter: payloads.converter, interceptors });
  const onlooker = new Client({ connection, namespace, dataConverter: unopened });
  const startWorkflow = createWorkflowStarter({
    client,
    namespace,
    payloads,
    interceptors,
    ownWorker: options.ownWorker ?? { connection: null },
    deadlineMs: CALL_DEADLINE,
  });
  const silentWorkers = watchSilence(connection, namespace, taskQueue);
  const silentToolWorkers = watchSilence(connection, namespace, toolTaskQueue ?? taskQueue);
  const call = <Value>(act: () => Promise<Value>): Promise<Value> => callTemporal(connection, act);

  const update = (runId: string, name: string, request: object): Promise<boolean> =>
    call(() => updateRun(client.workflow.getHandle(workflowIdOf(runId)), name, request));

  const signal = (runId: string, name: string, request: PauseRequest | ResumeRequest): Promise<boolean> =>
    call(async () => {
      try {
        await client.workflow.getHandle(workflowIdOf(runId)).signal(name, request);
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    });

  return {
    start: (input, priority) =>
      call(async () => {
        payloads.belongs(workflowIdOf(input.run.id), input.run.tenantId);
        try {
          await startWorkflow(AGENT_RUN_WORKFLOW, startOptions(input, taskQueue, priority));
          return { started: true, requestHash: input.run.requestHash };
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          const { memo } = await client.workflow.getHandle(workflowIdOf(input.run.id)).describe();
          const hash = memo?.requestHash;
          return { started: false, requestHash: typeof hash === 'string' ? hash : null };
        }
      }),

    tenantOf: (runId) =>
      call(async () => {
        try {
          const found = await onlooker.workflow.getHandle(workflowIdOf(runId)).describe();
          return found.status.name === 'RUNNING'
            ? (found.typedSearchAttributes.get(keys.tenantId) ?? null)
            : null;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return null;
          throw error;
        }
      }),

    cancel: (runId, reason) =>
      call(async () => {
        const handle = client.workflow.getHandle(workflowIdOf(runId));
        try {
          // The reason goes ahead, so that the workflow knows it when the cancellation arrives.
          if (reason !== null) await handle.signal(CANCEL_SIGNAL, reason);
          else if ((await handle.describe()).status.name !== 'RUNNING') return false;
          await handle.cancel();
          return true;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return false;
          throw error;
        }
      }),

    pause: (runId, request) => signal(runId, PAUSE_SIGNAL, request),
    resume: (runId, request) => signal(runId, RESUME_SIGNAL, request),
    decide: (runId, request) => update(runId, DECIDE_UPDATE, request),
    message: (runId, request) => update(runId, MESSAGE_UPDATE, request),
    changePlan: (runId, request) => update(runId, PLAN_UPDATE, request),

    pollerCount: () =>
      call(async () => {
        // A run needs both kinds.
        const both = [WORKFLOW_TASKS, ACTIVITY_TASKS] as const;
        const silent = await silentWorkers();
        return Math.min(...(await Promise.all(both.map((type) => countPollers(options, type, { silent })))));
      }),

    toolPollerCount: () =>
      toolTaskQueue === null
        ? Promise.resolve(null)
        : call(async () =>
            countPollers({ connection, namespace, taskQueue: toolTaskQueue }, ACTIVITY_TASKS, {
              silent: await silentToolWorkers(),
            }),
          ),

    isPolling: (identity) =>
      call(async () => {
        const seen = await Promise.all([
          countPollers(options, WORKFLOW_TASKS, { identity }),
          countPollers(options, ACTIVITY_TASKS, { identity }),
        ]);
        return seen.every((count) => count > 0);
      }),

    webUrl: (runId) =>
      uiUrl === null
        ? null
        : `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflowIdOf(runId)}`,

    check: () => call(() => checkTemporal(connection, namespace)),
  };
}

function startOptions(
  input: AgentRunInput,
  taskQueue: string,
  priority: number | undefined,
): WorkflowStartOptions {
  const { run } = input;
  const details = [
    `**Goal:** ${summaryOf(run.goal)}`,
    `**Run:** \`${run.id}\``,
    `**Agent:** ${summaryOf(run.agent)}`,
    ...(input.plan === null ? [] : [`**Plan:** ${input.plan.steps.length} steps, given in the request`]),
    ...Object.entries(run.metadata)
      .slice(0, 10)
      .map(([name, value]) => `**${summaryOf(name)}:** ${summaryOf(value)}`),
  ];
  return {
    workflowId: workflowIdOf(run.id),
    taskQueue,
    args: [input],
    // A worker that is killed in a workflow task holds it for so long. A task of ours takes milliseconds; one with
    // a row of quick steps in it 2.5 seconds at most (activities/carry-out.ts).
    workflowTaskTimeout: '5s',
    // The id belongs to this run for ever: a repeated submission must meet the first one.
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // The run's activities inherit it: the tenants take turns at the queue, however much each has put there.
    priority: {
      fairnessKey: fairnessKeyOf(run.tenantId),
      ...(priority === undefined ? {} : { priorityKey: priority }),
    },
    memo: { requestHash: run.requestHash },
    staticSummary: summaryOf(run.goal),
    staticDetails: details.map((line) => `- ${line}`).join('\n'),
    typedSearchAttributes: [
      { key: keys.tenantId, value: run.tenantId },
      { key: keys.agentName, value: run.agent },
      { key: keys.runStatus, value: 'queued' },
    ],
  };
}

/** Temporal takes at most 64 bytes. */
const fairnessKeyOf = (tenantId: string): string =>
  Buffer.byteLength(tenantId) <= 64 ? tenantId : createHash('sha256').update(tenantId).digest('hex');
