/** RunWorkflows on Temporal. */
import { Client, WorkflowExecutionAlreadyStartedError, type Connection } from '@temporalio/client';
import { defineSearchAttributeKey, WorkflowNotFoundError } from '@temporalio/common';
import type { AgentRunInput } from '../../../contracts/messages.js';
import { AGENT_RUN_WORKFLOW, searchAttributes, workflowIdOf } from '../../../contracts/messages.js';
import { WEBHOOK_WORKFLOW, webhookWorkflowIdOf } from '../../../contracts/webhook-delivery.js';
import type { RunWorkflows } from '../../ports/open-runs.js';
import { unopened } from './payload-codec.js';
import type { Payloads } from './payloads.js';
import { callTemporal } from './unavailable.js';

const tenant = defineSearchAttributeKey(searchAttributes.tenantId, 'KEYWORD');

export interface RunWorkflowsOptions {
  connection: Connection;
  namespace: string;
  payloads: Payloads;
  taskQueue: string;
}

export function createRunWorkflows({
  connection,
  namespace,
  payloads,
  taskQueue,
}: RunWorkflowsOptions): RunWorkflows {
  const client = new Client({ connection, namespace, dataConverter: payloads.converter });
  const onlooker = new Client({ connection, namespace, dataConverter: unopened });
  const unlessGone = <Value>(act: () => Promise<Value>): Promise<Value | null> =>
    callTemporal(connection, async () => {
      try {
        return await act();
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    });
  return {
    statusOf: (runId) =>
      unlessGone(async () => {
        const { status } = await onlooker.workflow.getHandle(workflowIdOf(runId)).describe();
        return status.name.toLowerCase();
      }),

    async *open(before) {
      const query = `WorkflowType = "${AGENT_RUN_WORKFLOW}" and ExecutionStatus = "Running" and StartTime < "${before}"`;
      for await (const { workflowId, typedSearchAttributes } of onlooker.workflow.list({ query })) {
        const tenantId = typedSearchAttributes.get(tenant);
        if (tenantId !== undefined) yield { runId: workflowId.slice(workflowIdOf('').length), tenantId };
      }
    },

    newRunOf: (runId) =>
      unlessGone(async () => {
        const { history } = await connection.workflowService.getWorkflowExecutionHistory({
          namespace,
          execution: { workflowId: workflowIdOf(runId) },
          maximumPageSize: 1,
        });
        const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
        if (payload === undefined) throw new Error(`the run ${runId} began without input`);
        return ((await payloads.read(payload)) as AgentRunInput).run;
      }),

    startWebhook: (input) =>
      callTemporal(connection, async () => {
        payloads.belongs(webhookWorkflowIdOf(input.runId), input.tenantId);
        try {
          await client.workflow.start(WEBHOOK_WORKFLOW, {
            workflowId: webhookWorkflowIdOf(input.runId),
            taskQueue,
            args: [input],
            typedSearchAttributes: [{ key: tenant, value: input.tenantId }],
          });
          return true;
        } catch (error) {
          if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
          throw error;
        }
      }),
  };
}
