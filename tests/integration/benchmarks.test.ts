/** Benchmarks are programs too: each runs here once, as small as it can be. What they measure then is not looked at. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { run as growths } from '../../benchmarks/growth.js';
import { run as many } from '../../benchmarks/many.js';
import { run as runs } from '../../benchmarks/run.js';
import { run as sealings } from '../../benchmarks/sealing.js';
import { run as starts } from '../../benchmarks/start.js';
import { run as store } from '../../benchmarks/store.js';
import { run as submissions } from '../../benchmarks/submit.js';
import { TEMPORAL_TIMEOUT_MS } from '../../src/adapters/embedded/testing/backends.js';

/** Every benchmark compares, and every comparison came to something. */
function expectRatios(ratios: Record<string, number>, ...names: string[]): void {
  for (const name of names) expect(ratios[name], name).toBeGreaterThan(0);
}

test(
  'run',
  async () => {
    const { rows, ratios } = await runs({ rounds: 1, runs: { 1: 2, 3: 3 } });
    expect(rows).toHaveLength(6);
    expectRatios(ratios, 'latency_quick_c1', 'throughput_quick_c3', 'latency_regular_c1');
  },
  TEMPORAL_TIMEOUT_MS,
);

test(
  'submit',
  async () => {
    const { ratios } = await submissions({ rounds: 1, submissions: { 1: 2 } });
    expectRatios(ratios, 'submit_c1');
  },
  TEMPORAL_TIMEOUT_MS,
);

/** By its command, as a reader of the results would, so that what the command builds is seen to run. */
test(
  'sealing',
  async () => {
    const { rows, ratios } = await sealings({ rounds: 1, runs: { 1: 2 } });
    expect(rows).toHaveLength(6);
    expectRatios(ratios, 'latency_sealed_quick_c1', 'throughput_sealed_tenant_regular_c1');
  },
  2 * TEMPORAL_TIMEOUT_MS,
);

test(
  'first-event',
  async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['scripts/run.mjs', 'bench', 'first-event', '--rounds', '1', '--json'],
      { timeout: TEMPORAL_TIMEOUT_MS },
    );
    const { ratios } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      ratios: Record<string, number>;
    };
    expectRatios(ratios, 'first_event', 'first_event_regular', 'first_event_over_floor');
  },
  TEMPORAL_TIMEOUT_MS,
);

test(
  'growth',
  async () => {
    const { rows, ratios } = await growths({
      rounds: 1,
      sizes: [10, 250],
      regularSizes: [5, 10],
      outputs: [20_000],
    });
    expect(rows).toHaveLength(5);
    expectRatios(ratios, 'growth_250', 'growth_regular_10');
  },
  TEMPORAL_TIMEOUT_MS,
);

test(
  'many',
  async () => {
    const { ratios } = await many({ runs: 5 });
    expectRatios(ratios, 'woken_per_second');
  },
  TEMPORAL_TIMEOUT_MS,
);

test(
  'store',
  async () => {
    const { ratios } = await store({ runs: 50, eventsPerRun: 3, rounds: 1, calls: 20 });
    expectRatios(ratios, 'append_embedded', 'list_embedded');
  },
  TEMPORAL_TIMEOUT_MS,
);

test(
  'start',
  async () => {
    const { ratios } = await starts({ rounds: 1, idleMs: 0 });
    expectRatios(ratios, 'warm_start', 'cold_start');
  },
  TEMPORAL_TIMEOUT_MS,
);
