/** Schedules on a real Temporal: what they start are ordinary runs, and outages and overlaps end as was chosen. */
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScheduledRun } from '../../contracts/runs.js';
import { scheduleIdOf } from '../../contracts/scheduled-runs.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';
import type { NewSchedule } from '../../src/ports/schedules.js';
import { startSystem, type System } from './support/system.js';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, TEMPORAL_TIMEOUT_MS);
afterAll(() => system.release());

const wait = (seconds: number): ScheduledRun => ({
  goal: 'wait a little',
  plan: { steps: [{ id: 'a', tool: 'wait', args: { seconds } }] },
  metadata: { team: 'blue' },
});
const echo: ScheduledRun = {
  goal: 'echo',
  plan: { steps: [{ id: 'a', tool: 'echo', args: { n: '{{inputs.data.n}}' } }] },
  inputs: { data: { n: 7 } },
};
const made = async (more: Partial<NewSchedule> = {}): Promise<string> => {
  const scheduleId = v7();
  const { madeBefore } = await system.schedules.create({
    ...{ scheduleId, tenantId: 'acme', name: 'a test', cron: '0 6 1 1 *', timezone: 'Europe/Zurich' },
    ...{ overlap: 'skip', catchUpSeconds: 600, paused: false, requestHash: 'hash', run: echo },
    ...more,
  });
  expect(madeBefore).toBeNull();
  return scheduleId;
};
const find = async (id: string) => {
  const found = await system.schedules.get('acme', id);
  if (found === null) throw new Error('there is no such schedule');
  return found;
};
const started = async (id: string, count = 1): Promise<string[]> => {
  await expect.poll(async () => (await find(id)).recent.length, { timeout: 20_000 }).toBe(count);
  return (await find(id)).recent.map(({ runId }) => runId);
};

test('a run that a schedule starts is an ordinary run, with its record, its events and where it is from', async () => {
  const id = await made({ paused: true });
  expect(await find(id)).toMatchObject({ paused: true, pauseReason: null, next: [], recent: [] });
  expect(await system.schedules.trigger('acme', id)).toBe(true);
  const [runId = ''] = await started(id);
  await expect
    .poll(async () => (await system.store.findRun('acme', runId))?.status, { timeout: 20_000 })
    .toBe('completed');
  expect(await system.store.getRun('acme', runId)).toMatchObject({
    ...{ goal: 'echo', agent: 'default', result: { n: 7 }, requestHash: null },
    origin: { kind: 'schedule', scheduleId: id },
  });
  expect((await system.events(runId)).map(({ type }) => type)).toEqual([
    ...['run.queued', 'run.started', 'plan.created', 'step.started', 'step.completed'],
    ...['supervisor.decided', 'run.completed'],
  ]);
  expect(await system.schedules.resume('acme', id)).toBe(true);
  const [next = ''] = (await find(id)).next;
  // Six in the morning of Zurich, where it is winter.
  expect(next).toMatch(/-01-01T05:00:00\.000Z$/);
});

test('a time at which the run before goes on is skipped, and counted', async () => {
  const id = await made({ cron: '* * * * *', paused: true, run: wait(3_600) });
  // Times that have passed, as Temporal makes up for them.
  const end = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 60_000);
  const start = new Date(end.getTime() - 60_000);
  await system.client.schedule
    .getHandle(scheduleIdOf(id))
    .backfill({ start: new Date(start.getTime() - 1), end, overlap: 'SKIP' });
  const [runId = ''] = await started(id);
  await expect.poll(async () => (await find(id)).skipped, { timeout: 20_000 }).toBe(1);
  expect((await find(id)).recent).toHaveLength(1);
  // Cancelled as any run is; what the schedule has started ends with it.
  await expect
    .poll(async () => (await system.store.findRun('acme', runId))?.status, { timeout: 20_000 })
    .toBe('running');
  expect((await system.store.findRun('acme', runId))?.metadata).toEqual({ team: 'blue' });
  await system.engine.cancel(runId, 'enough');
  expect((await system.events(runId)).at(-1)?.type).toBe('run.cancelled');
  await expect
    .poll(
      async () =>
        (await system.client.schedule.getHandle(scheduleIdOf(id)).describe()).info.runningActions.length,
      { timeout: 20_000 },
    )
    .toBe(0);
});

test('what is chosen is what Temporal has, and is changed one by one', async () => {
  const id = await made();
  const handle = system.client.schedule.getHandle(scheduleIdOf(id));
  expect((await handle.describe()).policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 600_000 });
  expect(await system.schedules.pause('acme', id, 'on holiday')).toBe(true);
  expect(
    await system.schedules.change('acme', id, { overlap: 'buffer_one', catchUpSeconds: 60, cron: '@daily' }),
  ).toBe(true);
  expect((await handle.describe()).policies).toMatchObject({ overlap: 'BUFFER_ONE', catchupWindow: 60_000 });
  expect(await find(id)).toMatchObject({
    ...{ name: 'a test', cron: '@daily', overlap: 'buffer_one', catchUpSeconds: 60 },
    ...{ paused: true, pauseReason: 'on holiday', timezone: 'Europe/Zurich', run: { goal: 'echo' } },
  });
  for (const cron of ['61 * * * *', '* * 32 * *', '5-1 * * * *'])
    await expect(system.schedules.change('acme', id, { cron })).rejects.toMatchObject({
      code: 'invalid_request',
      errors: [{ field: 'cron' }],
    });
  await expect(made({ cron: '* 25 * * *' })).rejects.toMatchObject({ code: 'invalid_request' });
});

test('another tenant’s schedule is none; made again, it is the same one; deleted, it is gone', async () => {
  const id = await made();
  const again = { scheduleId: id, tenantId: 'acme', name: 'n', cron: '@daily', timezone: 'UTC' };
  expect(
    await system.schedules.create({
      ...again,
      ...{ overlap: 'skip', catchUpSeconds: 600, paused: false, requestHash: 'other', run: echo },
    }),
  ).toEqual({ madeBefore: { requestHash: 'hash' } });
  expect(await system.schedules.get('other', id)).toBeNull();
  for (const refused of [
    system.schedules.change('other', id, { name: 'mine' }),
    system.schedules.pause('other', id, null),
    system.schedules.resume('other', id),
    system.schedules.trigger('other', id),
    system.schedules.delete('other', id),
    system.schedules.trigger('acme', v7()),
  ])
    expect(await refused).toBe(false);
  // Found a moment after they were made.
  await expect
    .poll(async () => (await system.schedules.list('acme')).map((one) => one.id), { timeout: 20_000 })
    .toContain(id);
  expect(await system.schedules.list('other')).toEqual([]);
  expect(await system.schedules.count('other')).toBe(0);
  expect(await find(id)).toMatchObject({ name: 'a test', recent: [] });
  expect(await system.schedules.delete('acme', id)).toBe(true);
  expect(await system.schedules.get('acme', id)).toBeNull();
  expect(await system.schedules.delete('acme', id)).toBe(false);
});
