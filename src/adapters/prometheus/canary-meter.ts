/** CanaryMeter on prom-client. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { CanaryMeter } from '../../ports/meters.js';

export function createCanaryMeter(registry: Registry): CanaryMeter {
  const registers = [registry];
  const up = new Gauge({
    name: 'perdure_canary_up',
    help: 'Whether the newest canary came through: 1 or 0.',
    registers,
  });
  // Until one has run, nobody knows.
  up.remove();
  const runs = new Counter({
    name: 'perdure_canary_runs_total',
    help: 'Canaries that were sent, by whether they came through (completed) or not (failed).',
    labelNames: ['outcome'],
    registers,
  });
  const hops = new Gauge({
    name: 'perdure_canary_hop_seconds',
    help: 'How long the newest canary took for each hop of its way.',
    labelNames: ['hop'],
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'perdure_canary_last_success_timestamp_seconds',
    help: 'When a canary last came through, in seconds since 1970; 0 where none has since the process began.',
    registers,
  });
  return {
    ran({ works, hops: times }) {
      up.set(works ? 1 : 0);
      runs.inc({ outcome: works ? 'completed' : 'failed' });
      if (works) lastSuccess.setToCurrentTime();
      // A hop that was not reached has no time.
      hops.reset();
      for (const { hop, seconds } of times) hops.set({ hop }, seconds);
    },
  };
}
