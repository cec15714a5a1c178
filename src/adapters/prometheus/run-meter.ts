/** RunMeter on prom-client. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { isTerminalEvent } from '../../../contracts/terminal.js';
import type { RunMeter } from '../../ports/meters.js';

export function createRunMeter(registry: Registry): RunMeter {
  const registers = [registry];
  const events = new Counter({
    name: 'perdure_run_events_total',
    help: 'Events that this worker has logged, each once, by type.',
    labelNames: ['type'],
    registers,
  });
  const durations = new Histogram({
    name: 'perdure_run_duration_seconds',
    help: 'From the submission of a run to its end, by how it ended.',
    labelNames: ['status'],
    buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
    registers,
  });
  const toolCalls = new Histogram({
    name: 'perdure_tool_call_duration_seconds',
    help: 'How long attempts of steps took in their tool, by tool and outcome: completed, or the code of the error.',
    labelNames: ['tool', 'outcome'],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 120, 600],
    registers,
  });
  const modelCalls = new Histogram({
    name: 'perdure_model_call_duration_seconds',
    help: 'How long models took to answer, by model and role.',
    labelNames: ['model', 'role'],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers,
  });
  const tokens = new Counter({
    name: 'perdure_model_tokens_total',
    help: 'Tokens that models were given (input) and have written (output).',
    labelNames: ['model', 'direction'],
    registers,
  });
  const cost = new Counter({
    name: 'perdure_model_cost_usd_total',
    help: 'What the calls of models have cost in US dollars, where their price is known.',
    labelNames: ['model'],
    registers,
  });
  const repairs = new Counter({
    name: 'perdure_reconciled_runs_total',
    help: 'Runs that the reconciler has given their end (ended) or a record (recorded), or could not look into (failed).',
    labelNames: ['repair'],
    registers,
  });
  const polling = new Gauge({
    name: 'perdure_worker_polling',
    help: 'Whether Temporal sees this worker ask for tasks: 1 or 0; missing while Temporal does not say.',
    registers,
  });
  polling.remove();
  return {
    recorded(event, run) {
      events.inc({ type: event.type });
      if (isTerminalEvent(event.type) && run !== undefined) {
        const seconds = (Date.parse(event.at) - Date.parse(run.createdAt)) / 1_000;
        durations.observe({ status: event.type.replace('run.', '') }, Math.max(0, seconds));
      }
      if (event.type !== 'model.called') return;
      const { model, role, inputTokens, outputTokens, costUsd, durationMs } = event;
      modelCalls.observe({ model, role }, durationMs / 1_000);
      tokens.inc({ model, direction: 'input' }, inputTokens);
      tokens.inc({ model, direction: 'output' }, outputTokens);
      cost.inc({ model }, costUsd ?? 0);
    },
    toolCalled(tool, outcome, seconds) {
      toolCalls.observe({ tool, outcome }, seconds);
    },
    reconciled(result) {
      for (const repair of ['ended', 'recorded', 'failed'] as const) repairs.inc({ repair }, result[repair]);
    },
    polling(seen) {
      if (seen === null) polling.remove();
      else polling.set(seen ? 1 : 0);
    },
  };
}
