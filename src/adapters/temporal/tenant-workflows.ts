/** TenantWorkflows on Temporal: what a tenant has is found by the search attribute of its id. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, ScheduleNotFoundError, type Connection } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { PerdureError } from '../../../contracts/errors.js';
import { searchAttributes } from '../../../contracts/messages.js';
import type { TenantWorkflows } from '../../ports/tenant-workflows.js';
import { unopened } from './payload-codec.js';
import { callTemporal } from './unavailable.js';

const REASON = 'the tenant is erased';
/** Temporal deletes behind our back, and its list follows later. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 500;
/** Of one look. */
const AT_ONCE = 200;

export function createTenantWorkflows({
  connection,
  namespace,
}: {
  connection: Connection;
  namespace: string;
}): TenantWorkflows {
  const client = new Client({ connection, namespace, dataConverter: unopened });
  const call = <Value>(act: () => Promise<Value>): Promise<Value> => callTemporal(connection, act);

  const endWorkflow = (workflowId: string, runId: string, isOpen: boolean): Promise<void> =>
    call(async () => {
      try {
        // At once and without a word of its own: its activities are told with their next heartbeat.
        if (isOpen) await client.workflow.getHandle(workflowId, runId).terminate(REASON);
        await connection.workflowService.deleteWorkflowExecution({
          namespace,
          workflowExecution: { workflowId, runId },
        });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    });

  return {
    async erase(tenantId) {
      const query = `${searchAttributes.tenantId} = ${JSON.stringify(tenantId)}`;
      const schedules = new Set<string>();
      const workflows = new Set<string>();
      for (let deadline = Date.now() + PATIENCE_MS; ;) {
        const before = schedules.size + workflows.size;
        // Schedules first, for they start workflows.
        const found = await call(() => some(client.schedule.list({ query })));
        for (const { scheduleId } of found) {
          schedules.add(scheduleId);
          await call(() => client.schedule.getHandle(scheduleId).delete()).catch((error: unknown) => {
            if (!(error instanceof ScheduleNotFoundError)) throw error;
          });
        }
        const open = await call(() => some(client.workflow.list({ query })));
        for (const { workflowId, runId, status } of open) {
          workflows.add(workflowId);
          await endWorkflow(workflowId, runId, status.name === 'RUNNING');
        }
        if (found.length + open.length === 0) return { schedules: schedules.size, workflows: workflows.size };
        if (schedules.size + workflows.size > before) deadline = Date.now() + PATIENCE_MS;
        if (Date.now() > deadline)
          throw new PerdureError(
            'temporal_unavailable',
            `Temporal still lists ${found.length + open.length} workflows and schedules of the tenant ${tenantId} in the namespace ${namespace}; do it again later`,
          );
        await sleep(LOOK_MS);
      }
    },
  };
}

/** Some of them: the rest is found once these are gone. */
async function some<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) if (found.push(item) === AT_ONCE) break;
  return found;
}

/** gRPC's NOT_FOUND, from the service itself as well. */
const NOT_FOUND = 5;
const isGone = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof Error && 'code' in error && error.code === NOT_FOUND);
