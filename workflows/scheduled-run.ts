/**
 * What a schedule starts: an ordinary run, as a child, and open for as long as that one is, for Temporal's overlap
 * policy looks at what the schedule has started.
 */
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  proxyActivities,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { searchAttributes, workflowIdOf } from '../contracts/messages.js';
import {
  scheduledRunId,
  startTimeOf,
  type ScheduledRunActivities,
  type ScheduledRunInput,
} from '../contracts/scheduled-runs.js';
import { summaryOf } from '../contracts/summary.js';
import { HEARTBEAT_TIMEOUT } from './activity-options.js';
import { agentRun } from './agent-run.js';

// Where the tenant has as many runs as it may have, room is waited for, but not until the next time is near.
const { prepareScheduledRun } = proxyActivities<ScheduledRunActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  summary: 'prepare the run',
});

const keys = {
  tenantId: defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD'),
  agentName: defineSearchAttributeKey(searchAttributes.agentName, 'KEYWORD'),
  runStatus: defineSearchAttributeKey(searchAttributes.runStatus, 'KEYWORD'),
};

/** @throws ApplicationFailure typed with the error's code where no run could be started */
export async function scheduledRun(schedule: ScheduledRunInput): Promise<{ runId: string; status: string }> {
  const { scheduleId, tenantId, name } = schedule;
  const scheduledAt = startTimeOf(workflowInfo().workflowId);
  if (scheduledAt === undefined) throw ApplicationFailure.nonRetryable('no schedule has started this');
  const runId = scheduledRunId(scheduleId, scheduledAt);
  const { input, fairnessKey } = await prepareScheduledRun({ ...schedule, runId, scheduledAt });
  try {
    const child = await startChild(agentRun, {
      workflowId: workflowIdOf(runId),
      args: [input],
      // As of a run that is submitted: src/adapters/temporal/run-engine.ts.
      workflowTaskTimeout: '5s',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      // The run goes on, whatever becomes of this.
      parentClosePolicy: 'ABANDON',
      priority: {
        fairnessKey,
        ...(schedule.run.priority === undefined ? {} : { priorityKey: schedule.run.priority }),
      },
      memo: { requestHash: null },
      staticSummary: summaryOf(input.run.goal),
      staticDetails: [`**Goal:** ${input.run.goal}`, `**Run:** \`${runId}\``, `**Schedule:** ${name}`]
        .map((line) => `- ${summaryOf(line)}`)
        .join('\n'),
      typedSearchAttributes: [
        { key: keys.tenantId, value: tenantId },
        { key: keys.agentName, value: input.run.agent },
        { key: keys.runStatus, value: 'queued' },
      ],
    });
    await child.result();
    return { runId, status: 'completed' };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { runId, status: 'started before' };
    if (!(error instanceof ChildWorkflowFailure)) throw error;
    // The run tells by itself how it has ended; that it was started is what the schedule is for.
    return { runId, status: isCancellation(error) ? 'cancelled' : 'failed' };
  }
}
