/** Has a workflow of its own tell the run's webhook that the run has ended. */
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { startChild } from '@temporalio/workflow';
import { searchAttributes } from '../contracts/messages.js';
import type { NewRun } from '../contracts/runs.js';
import { summaryOf } from '../contracts/summary.js';
import { webhookWorkflowIdOf } from '../contracts/webhook-delivery.js';
import { deliverWebhook } from './deliver-webhook.js';

const tenant = defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD');

/** Once the end is written. Resolves when it is under way: the run does not wait for its receiver. */
export async function tellWebhook({ id, tenantId, goal, webhook }: NewRun): Promise<void> {
  if (webhook === undefined) return;
  try {
    await startChild(deliverWebhook, {
      workflowId: webhookWorkflowIdOf(id),
      args: [{ runId: id, tenantId, url: webhook.url }],
      parentClosePolicy: 'ABANDON',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      typedSearchAttributes: [{ key: tenant, value: tenantId }],
      staticSummary: summaryOf(`webhook of: ${goal}`),
    });
  } catch (error) {
    // The reconciler was quicker.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
