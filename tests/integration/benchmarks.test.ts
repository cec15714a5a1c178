/** Benchmarks are programs too: each runs here once, as small as it can be. What they measure then is not looked at. */
import { expect, test } from 'vitest';
import { run as runs } from '../../benchmarks/run.js';
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
