/** Records and workflows that were brought apart behind perdure's back are made to agree, over real servers. */
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowIdOf } from '../../contracts/messages.js';
import { RECONCILE_WORKFLOW, type ReconcileResult } from '../../contracts/reconcile.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import { startSystem, type System } from './support/system.js';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const reconcile = (): Promise<ReconcileResult> =>
  system.client.workflow.execute(RECONCILE_WORKFLOW, {
    taskQueue: 'perdure',
    workflowId: `reconcile-${Math.random()}`,
  }) as Promise<ReconcileResult>;

/** A run that waits for an hour, recorded. */
async function waiting(): Promise<string> {
  const { id } = await system.start([{ id: 'nap', tool: 'wait', args: { seconds: 3_600 } }]);
  await expect
    .poll(async () => (await system.log.read(id, 0, 50)).some(({ type }) => type === 'step.started'), {
      timeout: 20_000,
    })
    .toBe(true);
  return id;
}

test(
  'a workflow that is gone ends its record; an open one without a record gets it back',
  { timeout: 240_000 },
  async () => {
    const [terminated, deleted, untouched, lost] = [
      await waiting(),
      await waiting(),
      await waiting(),
      await waiting(),
    ];
    const handle = (id: string) => system.client.workflow.getHandle(workflowIdOf(id));
    await handle(terminated).terminate('by hand');
    await handle(deleted).terminate('by hand');
    await system.client.workflowService.deleteWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: workflowIdOf(deleted) },
    });
    await expect
      .poll(
        () =>
          handle(deleted)
            .describe()
            .then(
              () => 'there',
              () => 'gone',
            ),
        { timeout: 120_000 },
      )
      .toBe('gone');
    const database = new pg.Client({ connectionString: system.databaseUrl });
    await database.connect();
    await database.query('delete from perdure.runs where id = $1', [lost]);
    await database.end();

    expect(await reconcile()).toEqual({ ended: 2, recorded: 1, webhooks: 0, failed: 0 });
    for (const [id, how] of [
      [terminated, 'its workflow is terminated, and its end was not recorded'],
      [deleted, 'Temporal has no workflow of this run any more, and its end was not recorded'],
    ] as const) {
      expect(await system.store.findRun('acme', id)).toMatchObject({
        status: 'failed',
        error: { code: 'workflow_gone', message: how, retryable: false },
      });
      const events = await system.log.read(id, 0, 50);
      expect(events.at(-1)).toMatchObject({ type: 'run.failed', error: { code: 'workflow_gone' } });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    }
    expect(await system.store.findRun('acme', untouched)).toMatchObject({ status: 'running' });
    expect(await system.store.findRun('acme', lost)).toMatchObject({ status: 'queued', goal: 'a test' });
    // Nothing is left to do.
    expect(await reconcile()).toEqual({ ended: 0, recorded: 0, webhooks: 0, failed: 0 });
  },
);
