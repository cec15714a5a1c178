/** A tenant that leaves: what Temporal, the records and the files have of it, before and after, beside one that stays. */
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PerdureError } from '../../contracts/errors.js';
import { createDeploymentKeys } from '../../src/adapters/keys/deployment-keys.js';
import { createTenantKeys } from '../../src/adapters/keys/tenant-keys.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { createTenantWorkflows } from '../../src/adapters/temporal/tenant-workflows.js';
import { eraseTenant } from '../../src/stack/erase-tenant.js';
import { startSystem, type System } from './support/system.js';

let system: System;
beforeAll(async () => {
  const deployment = createDeploymentKeys([{ id: 'k1', secret: randomBytes(32) }]);
  system = await startSystem({ keys: (store) => createTenantKeys({ store, deployment, freshMs: 0 }) });
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const places = () => ({
  records: system,
  workspace: system.workspace,
  workflows: createTenantWorkflows({
    connection: system.client.connection as never,
    namespace: 'default',
  }),
});

/** One run at its end, one that waits for a person, a schedule, files that a run has and files that none has. */
async function live(tenantId: string): Promise<{ done: string; open: string }> {
  const write = { path: 'a.txt', content: tenantId };
  const done = await system.start([{ id: 'w', tool: 'file_write', args: write }], { tenantId });
  await system.events(done.id);
  const open = await system.start([{ id: 'ask', tool: 'ask_human', args: { question: 'Which?' } }], {
    tenantId,
  });
  await expect
    .poll(() => system.approvals.find(tenantId, open.id, 'step-ask'), { timeout: 20_000 })
    .toMatchObject({ status: 'pending' });
  await system.schedules.create({
    ...{ scheduleId: v7(), tenantId, name: 'n', cron: '0 6 1 1 *', timezone: 'UTC', overlap: 'skip' },
    ...{ catchUpSeconds: 600, paused: false, requestHash: null },
    run: { goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] }, metadata: {} },
  });
  await system.workspace.put({ tenantId, runId: v7() }, 'never-started.txt', 'x');
  await system.admission.takeSubmission(tenantId, 10);
  return { done: done.id, open: open.id };
}

async function workflowsOf(tenantId: string): Promise<number> {
  return (await system.client.workflow.count(`TenantId = "${tenantId}"`)).count;
}

test(
  'an erased tenant is nowhere but in the audit log, and the other has lost nothing',
  { timeout: 180_000 },
  async () => {
    const [leaving, staying] = [await live('leaving'), await live('leaving2')];
    const before = await workflowsOf('leaving2');
    expect(before).toBeGreaterThanOrEqual(2);
    const erased = await eraseTenant(places(), 'leaving');
    expect(erased).toMatchObject({ runs: 2, schedules: 1, encryptionKeys: 1 });
    expect(erased.workflows).toBeGreaterThanOrEqual(2);

    expect(await workflowsOf('leaving')).toBe(0);
    expect(await system.schedules.count('leaving')).toBe(0);
    expect((await system.store.listRuns('leaving', {}, 10)).runs).toEqual([]);
    expect(await system.approvals.list('leaving', {}, 10)).toMatchObject({ approvals: [] });
    for (const id of [leaving.done, leaving.open]) {
      expect(await system.log.read(id, 0, 10)).toEqual([]);
      expect(await system.workspace.list({ tenantId: 'leaving', runId: id }, { system: true })).toEqual([]);
    }
    expect(await system.tenantKeys.current('leaving')).toBeNull();
    expect((await system.audit.list('leaving', {}, 10)).entries).toMatchObject([
      { subject: 'operator', action: 'eraseTenant', outcome: 'ok', target: null },
    ]);

    expect(await workflowsOf('leaving2')).toBe(before);
    expect(await system.store.getRun('leaving2', staying.open)).toMatchObject({ status: 'waiting' });
    expect(await system.workspace.list({ tenantId: 'leaving2', runId: staying.done })).toHaveLength(1);
    expect(await system.schedules.list('leaving2')).toHaveLength(1);
    expect((await system.audit.list('leaving2', {}, 10)).entries).toEqual([]);
    // It still carries its runs out.
    const word = {
      approvalId: 'step-ask',
      decision: 'approve',
      argsHash: null,
      note: null,
      by: 'user:ann',
    } as const;
    await system.engine.decide(staying.open, { ...word, args: { question: 'Which?', answer: 'blue' } });
    expect((await system.events(staying.open)).at(-1)).toMatchObject({ type: 'run.completed' });
  },
);

test(
  'what failed half-way is told, in the audit log too, and done again it is whole',
  { timeout: 120_000 },
  async () => {
    await live('halfway');
    const { records, workspace, workflows } = places();
    const down = new PerdureError('workspace_unavailable', 'the store is away');
    await expect(
      eraseTenant({ records, workflows, workspace: { deleteTenant: () => Promise.reject(down) } }, 'halfway'),
    ).rejects.toBe(down);
    // The key is gone already: what is left is read by nobody.
    expect(await system.tenantKeys.current('halfway')).toBeNull();
    await eraseTenant({ records, workspace, workflows }, 'halfway');
    expect(await workflowsOf('halfway')).toBe(0);
    expect((await system.store.listRuns('halfway', {}, 10)).runs).toEqual([]);
    expect((await system.audit.list('halfway', {}, 10)).entries.map(({ outcome }) => outcome)).toEqual([
      'ok',
      'workspace_unavailable',
    ]);
  },
);

test('of a tenant that nobody knows nothing is erased', { timeout: 60_000 }, async () => {
  expect(await eraseTenant(places(), 'nobody')).toEqual({
    ...{ schedules: 0, workflows: 0, encryptionKeys: 0, runs: 0, apiKeys: 0 },
  });
});
