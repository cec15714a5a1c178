/** A step that is a run of its own: a child workflow, cancelled with this one, out of the same budget. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { ApplicationFailure, isCancellation, proxyActivities, startChild } from '@temporalio/workflow';
import type { Activities, Delegate } from '../contracts/activities.js';
import { isErrorCode, type ErrorInfo } from '../contracts/errors.js';
import {
  AGENT_RUN_WORKFLOW,
  searchAttributes,
  workflowIdOf,
  type AgentRunInput,
  type AgentRunResult,
} from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import { recordKeeping } from './activity-options.js';
import { label } from './picture.js';
import type { RunParts } from './run-parts.js';
import type { Supervision } from './supervision.js';

const { openDelegate, completeDelegate } = proxyActivities<Activities>(recordKeeping('records'));

const keys = {
  tenantId: defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD'),
  agentName: defineSearchAttributeKey(searchAttributes.agentName, 'KEYWORD'),
  runStatus: defineSearchAttributeKey(searchAttributes.runStatus, 'KEYWORD'),
};

export class DelegateStep {
  constructor(
    private readonly parts: RunParts,
    private readonly supervision: Supervision,
  ) {}

  /** @throws what its activities throw */
  async execute(step: PlanStep): Promise<void> {
    const { approvals, state, unsent, work, lent, input } = this.parts;
    const { approvals: policy } = input;
    const id = state.approvalOf(step.id);
    const approved = approvals.grantOf(id);
    const child = await work.run(() =>
      unsent.keep((scope) =>
        openDelegate.executeWithOptions(recordKeeping(summaryOf(label(step))), [
          {
            ...scope,
            step,
            ...(approved === undefined ? {} : { approved }),
            ...(policy === undefined ? {} : { approvals: policy }),
            ...this.dependants(step),
          },
        ]),
      ),
    );
    approvals.used(id);
    let failed: ErrorInfo | undefined;
    try {
      const { begun } = await work.run(() => this.run(child));
      this.parts.budget.addSteps(begun);
    } catch (error) {
      // Cancelled with this run: its last activity writes the step's end.
      if (isCancellation(error) && work.isEnding) throw error;
      failed = failureOf(child.run.id, error);
    } finally {
      lent.end(child.run.id);
    }
    if (failed !== undefined) return this.supervision.fail(step, failed);
    const { tool, title, onFailure } = step;
    const scope = unsent.scope();
    const { decision, unsent: back } = await completeDelegate.executeWithOptions(
      recordKeeping(summaryOf(`end of ${label(step)}`)),
      [
        {
          ...scope,
          step: {
            ...{ id: step.id, tool },
            ...(title === undefined ? {} : { title }),
            ...(onFailure === undefined ? {} : { onFailure }),
          },
          childId: child.run.id,
          ...this.dependants(step),
        },
      ],
    );
    unsent.settle(scope.unsent, back);
    await this.supervision.judge(step, null, decision);
  }

  private async run({ run, plan, inputsData, approvals }: Delegate): Promise<AgentRunResult> {
    const { input, budget, pause, subAgents } = this.parts;
    const { tools } = input;
    const given: AgentRunInput = {
      ...{ run, plan, inputsData, tools },
      ...(approvals === undefined ? {} : { approvals }),
      ...(budget.isLimited ? { lender: input.run.id } : {}),
    };
    const child = await startChild<(of: AgentRunInput) => Promise<AgentRunResult>>(AGENT_RUN_WORKFLOW, {
      workflowId: workflowIdOf(run.id),
      args: [given],
      // Also where this workflow is terminated: it comes to an end of its own then, with its record.
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowTaskTimeout: '5s',
      memo: { requestHash: null },
      staticSummary: summaryOf(run.goal),
      typedSearchAttributes: [
        { key: keys.tenantId, value: run.tenantId },
        { key: keys.agentName, value: run.agent },
        { key: keys.runStatus, value: 'queued' },
      ],
    });
    subAgents.began(run.id, pause.isPaused);
    try {
      return await child.result();
    } finally {
      subAgents.ended(run.id);
    }
  }

  private dependants(step: PlanStep): { dependants?: string[] } {
    const dependants = this.supervision.dependantsOf(step);
    return dependants.length === 0 ? {} : { dependants };
  }
}

function failureOf(runId: string, error: unknown): ErrorInfo {
  if (isCancellation(error))
    return {
      code: 'cancelled',
      message: `the run ${runId} of the sub-agent was cancelled`,
      retryable: false,
    };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const isTyped = cause instanceof ApplicationFailure && isErrorCode(cause.type);
  return {
    code: isTyped && isErrorCode(cause.type) ? cause.type : 'tool_failed',
    message: `the run ${runId} of the sub-agent failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    retryable: false,
  };
}
