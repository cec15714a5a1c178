/** The metrics of one process, as Prometheus reads them. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { version } from '../../../contracts/version.js';
import type { ApiMeter, CanaryMeter, RunMeter } from '../../ports/meters.js';
import { createApiMeter } from './api-meter.js';
import { createCanaryMeter } from './canary-meter.js';
import { createRunMeter } from './run-meter.js';

export interface Metrics {
  /** Each makes its metrics when it is first asked for: a process shows only what it does. */
  api(): ApiMeter;
  runs(): RunMeter;
  canary(): CanaryMeter;
  /** In the text format of Prometheus, 0.0.4. */
  text(): Promise<string>;
  readonly registry: Registry;
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** @param others metrics that another part of this process tells, in the same format */
export function createMetrics(others: () => Promise<string> = () => Promise.resolve('')): Metrics {
  const registry = new Registry();
  let api: ApiMeter | undefined;
  let runs: RunMeter | undefined;
  let canary: CanaryMeter | undefined;
  new Gauge({
    name: 'perdure_build_info',
    help: 'Always 1; what runs here stands in its labels.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
  return {
    registry,
    api: () => (api ??= createApiMeter(registry)),
    runs: () => (runs ??= createRunMeter(registry)),
    canary: () => (canary ??= createCanaryMeter(registry)),
    text: async () => (await registry.metrics()) + (await others()),
  };
}

/** Of the process itself: processor, memory, event loop, garbage collection. Once for each process. */
export const measureProcess = ({ registry }: Metrics): void => {
  collectDefaultMetrics({ register: registry });
};
