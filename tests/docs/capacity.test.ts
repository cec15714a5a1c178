/** The model of capacity against what was measured, and the operating guide against the model. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { v7 } from 'uuid';
import { LIMITS, loadOf } from '../../benchmarks/capacity.js';
import {
  capacityOf,
  EVENT_BYTES,
  EVENTS_PER_STEP,
  limitsOf,
  mostSteps,
} from '../../benchmarks/support/capacity-model.js';
import { readMeasured, resultOf, runsAt } from '../../benchmarks/support/measured.js';
import { testPostgres } from '../../src/adapters/embedded/testing/backends.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { openPostgresRecords } from '../../src/adapters/postgres/records.js';
import { createFakes } from '../../src/api/testing/fakes.js';

const measured = readMeasured();

test.each([
  ['quick', 10],
  ['regular', 10],
  ['quick', 50],
  ['regular', 50],
] as const)(
  '%s steps, %i runs at once: what the processor allows is what was reached, to a fifth',
  (kind, atOnce) => {
    const { cores, rows } = resultOf('run');
    const { cost, stepsPerSecond } = runsAt(rows, kind, atOnce);
    const share = stepsPerSecond / mostSteps(cores, cost);
    // All of it but what the machine and who asks take: nothing waits for anything else.
    expect(share).toBeGreaterThan(0.8);
    expect(share).toBeLessThan(1);
  },
);

test('the cost at ten at once foretells what is reached at fifty', () => {
  const { cores, rows } = resultOf('run');
  for (const kind of ['quick', 'regular'] as const) {
    const foretold = mostSteps(cores, runsAt(rows, kind, 10).cost);
    expect(runsAt(rows, kind, 50).stepsPerSecond / foretold).toBeGreaterThan(0.75);
    expect(runsAt(rows, kind, 50).stepsPerSecond / foretold).toBeLessThan(1);
  }
});

test('twice the load takes twice of all but what a start needs at least', () => {
  const [one, two] = [50, 100].map((runs) => capacityOf(loadOf(runs), measured));
  expect(two?.cores.total).toBeCloseTo(2 * (one?.cores.total ?? 0), 6);
  expect(two?.eventsGb).toBeCloseTo(2 * (one?.eventsGb ?? 0), 6);
});

test(
  'an event takes as many bytes in the log, indexes and all, as the model says',
  { timeout: 120_000 },
  async () => {
    const postgres = await testPostgres();
    await migrate(postgres.connectionString, 'deploy/migrations');
    const records = openPostgresRecords(postgres.connectionString, createFakes().logger);
    const client = new pg.Client({ connectionString: postgres.connectionString });
    await client.connect();
    try {
      const at = new Date().toISOString();
      const rows = {
        columns: ['month', 'total'],
        rows: Array.from({ length: 4 }, (_, i) => [`2026-0${i}`, i]),
      };
      const steps = Array.from({ length: 8 }, (_, i) => `step-${i}`);
      for (let run = 0; run < 200; run += 1) {
        const id = v7();
        const of = {
          id,
          tenantId: 'acme',
          goal: 'a report',
          agent: 'default',
          metadata: {},
          requestHash: null,
        };
        await records.runs.createRun({ ...of, createdAt: at });
        for (const stepId of steps)
          await records.log.append(id, [
            ...[
              { type: 'step.started' as const, key: `step/${stepId}/started/1`, at, stepId, attempt: 1 },
            ].map((event) => ({ ...event, data: { tool: 'sql', title: 'Totals by month' } })),
            {
              ...{ type: 'step.completed', key: `step/${stepId}/end`, at, stepId, attempt: 1 },
              data: { output: { value: rows }, durationMs: 120 },
            },
            {
              ...{ type: 'supervisor.decided', key: `step/${stepId}/supervised`, at, stepId },
              data: { decision: 'continue', reason: 'the step completed' },
            },
          ]);
      }
      await client.query('vacuum full perdure.run_events');
      const found = await client.query<{ bytes: string; events: string }>(
        `select pg_total_relation_size('perdure.run_events') as bytes, (select count(*) from perdure.run_events) as events`,
      );
      const [{ bytes, events } = { bytes: '', events: '' }] = found.rows;
      console.log(`${Math.round(Number(bytes) / Number(events))} bytes an event`);
      expect(Number(events) / 200).toBe(steps.length * EVENTS_PER_STEP + 1);
      expect(Number(bytes) / Number(events) / EVENT_BYTES).toBeGreaterThan(0.8);
      expect(Number(bytes) / Number(events) / EVENT_BYTES).toBeLessThan(1.2);
    } finally {
      await client.end();
      await records.close();
      await postgres.release();
    }
  },
);

/** To a third: a measurement that is made again need not change the guide. */
function expectNear(told: string | undefined, wanted: number): void {
  expect(Number(told) / wanted).toBeGreaterThan(0.66);
  expect(Number(told) / wanted).toBeLessThan(1.5);
}

test('the operating guide has the figures of the model', () => {
  const rows = readFileSync('docs/operating.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  for (const { part, runsPerSecond } of limitsOf(loadOf(1), measured, LIMITS))
    expectNear(rows.find((row) => row[2] === part)?.[1], runsPerSecond);
  for (const runs of [1, 10, 100]) {
    const { cores, nodeProcesses, eventsGb } = capacityOf(loadOf(runs), measured);
    const row = rows.find((cells) => cells[1] === String(runs) && cells.length === 9);
    expectNear(row?.[2], cores.node);
    expectNear(row?.[3], cores.temporal);
    expectNear(row?.[4], cores.postgres);
    expectNear(row?.[5], nodeProcesses);
    expectNear(row?.[7], eventsGb);
  }
});
