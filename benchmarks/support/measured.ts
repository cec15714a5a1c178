/** What benchmarks/results has of what the model of capacity needs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Measured, StepCost } from './capacity-model.js';

type Row = Record<string, string | number | null>;

export const resultOf = (name: string, folder = 'benchmarks/results'): { cores: number; rows: Row[] } => {
  const { machine, rows } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as {
    machine: { cores: number };
    rows: Row[];
  };
  return { cores: machine.cores, rows };
};

/** @param atOnce runs at once, of those that were measured */
export function runsAt(
  rows: readonly Row[],
  kind: 'quick' | 'regular',
  atOnce: number,
): { cost: StepCost; stepsPerSecond: number } {
  const row = found(
    rows.find(({ run, 'at once': count }) => run === `perdure, ${kind} tools` && count === atOnce),
  );
  return {
    cost: {
      node: figure(row, 'CPU s per 1,000 steps: node'),
      temporal: figure(row, 'temporal'),
      postgres: figure(row, 'postgres'),
    },
    stepsPerSecond: figure(row, 'steps/s'),
  };
}

export function readMeasured(folder?: string): Measured {
  const runs = resultOf('run', folder).rows;
  const streams = resultOf('fanout', folder).rows;
  const growth = resultOf('growth', folder).rows;
  const historyOf = (plan: string): number =>
    figure(found(growth.find((row) => row.plan === plan && row.steps === 10)), 'history bytes a step');
  return {
    step: { quick: runsAt(runs, 'quick', 50).cost, regular: runsAt(runs, 'regular', 50).cost },
    streamBytes: figure(found(streams.find(({ server }) => server === 'a run each')), 'rssBytesPerStream'),
    eventMicros: figure(found(streams.find(({ server }) => server === 'one run')), 'cpuMicrosPerEvent'),
    historyBytes: {
      quick: historyOf('quick, each after the other'),
      regular: historyOf('regular, side by side'),
    },
  };
}

function found(row: Row | undefined): Row {
  if (row === undefined) throw new Error('benchmarks/results has no such row');
  return row;
}

function figure(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw new Error(`benchmarks/results has no figure of ${name}`);
  return value;
}
