/**
 * What a load takes, and what gives out first: computed from what was measured on one machine. It knows processor, memory
 * and bytes; it holds where none of the parts waits for another, which is what adding processes is for.
 */

/** Milliseconds of processor that one of eight counted steps takes of each part, as the benchmark `run` counts them. */
export interface StepCost {
  /** API and worker together. */
  node: number;
  temporal: number;
  postgres: number;
}

export interface Measured {
  /** By the kind of step, at the highest load that was measured. */
  step: { quick: StepCost; regular: StepCost };
  /** Bytes of an API's memory that an idle stream takes. */
  streamBytes: number;
  /** Microseconds of processor for one event on one stream. */
  eventMicros: number;
  /** Bytes of Temporal's history that one step leaves. */
  historyBytes: { quick: number; regular: number };
}

export interface Load {
  runsPerSecond: number;
  /** Of its plan. */
  stepsPerRun: number;
  /** Of the steps, those that are built in and quick: 0 to 1. */
  quickShare: number;
  /** Streams that are open at once. */
  streams: number;
  /** Days for which events stay, and closed workflows in Temporal. */
  keepEventsDays: number;
  keepHistoryDays: number;
}

export interface Capacity {
  /** Processors that are busy. */
  cores: StepCost & { total: number };
  /** Processes of one busy processor each, at the share of it that leaves room. */
  nodeProcesses: number;
  apis: number;
  streamGb: number;
  eventsPerSecond: number;
  /** That the log and Temporal keep. */
  eventsGb: number;
  historyGb: number;
}

/** Events of a step that completes: its start, its end, the word on it; and those of the run itself. */
export const EVENTS_PER_STEP = 3;
const EVENTS_PER_RUN = 4;
/** Bytes of one event in the log, with its indexes: measured by the test of this model. */
export const EVENT_BYTES = 350;
/** Of a processor, what is planned with: above it waiting grows faster than work. */
const PLANNED = 0.7;
/** Streams of one API: as many as were tried. */
const STREAMS_PER_API = 5_000;
const DAY_SECONDS = 86_400;

export function capacityOf(load: Load, measured: Measured): Capacity {
  const { quickShare } = load;
  const steps = load.runsPerSecond * load.stepsPerRun;
  // The benchmark counts a plan's making and the run's end, and with each step the word on it.
  const counted = load.runsPerSecond * (2 * load.stepsPerRun + 2);
  const mix = (quick: number, regular: number): number => quick * quickShare + regular * (1 - quickShare);
  const cores = (part: keyof StepCost): number =>
    (counted * mix(measured.step.quick[part], measured.step.regular[part])) / 1_000;
  const events = steps * EVENTS_PER_STEP + load.runsPerSecond * EVENTS_PER_RUN;
  const streaming = (events * measured.eventMicros) / 1e6;
  const node = cores('node') + streaming;
  const [temporal, postgres] = [cores('temporal'), cores('postgres')];
  const history = steps * mix(measured.historyBytes.quick, measured.historyBytes.regular);
  return {
    cores: { node, temporal, postgres, total: node + temporal + postgres },
    nodeProcesses: Math.max(2, Math.ceil(node / PLANNED)),
    apis: Math.max(2, Math.ceil(load.streams / STREAMS_PER_API)),
    streamGb: (load.streams * measured.streamBytes) / 1e9,
    eventsPerSecond: events,
    eventsGb: (events * EVENT_BYTES * load.keepEventsDays * DAY_SECONDS) / 1e9,
    historyGb: (history * load.keepHistoryDays * DAY_SECONDS) / 1e9,
  };
}

/** Steps a second that so many processors do, all of them busy with nothing else. */
export const mostSteps = (cores: number, { node, temporal, postgres }: StepCost): number =>
  (cores * 1_000) / (node + temporal + postgres);

/** What one machine of a part has, and what it is that cannot simply be had twice. */
export interface Limits {
  /** The machine of Postgres, whose primary is one; and that of Temporal's database. */
  databaseCores: number;
  /** Gigabytes beyond which the log of events is to be in partitions, or in a database for each group of tenants. */
  eventsGb: number;
}

/** The runs a second at which each part gives out, the first one first. */
export function limitsOf(
  load: Load,
  measured: Measured,
  { databaseCores, eventsGb }: Limits,
): { part: string; runsPerSecond: number; then: string }[] {
  const one = capacityOf({ ...load, runsPerSecond: 1 }, measured);
  return [
    {
      part: 'one process of API and worker',
      runsPerSecond: PLANNED / one.cores.node,
      then: 'more workers, and APIs; they share nothing',
    },
    {
      part: `Temporal on ${databaseCores} processors, its database among them`,
      runsPerSecond: (databaseCores * PLANNED) / one.cores.temporal,
      then: 'history and matching on machines of their own, with 512 shards from the beginning; then a namespace and a task queue for each group of tenants, on a cluster of its own',
    },
    {
      part: `Postgres on ${databaseCores} processors`,
      runsPerSecond: (databaseCores * PLANNED) / one.cores.postgres,
      then: 'an installation for each group of tenants: runs of different tenants share no row',
    },
    {
      part: `${eventsGb} GB of events, kept for ${load.keepEventsDays} days`,
      runsPerSecond: eventsGb / one.eventsGb,
      then: 'PERDURE_KEEP_EVENTS_DAYS lower, or the table in partitions by month',
    },
  ].sort((a, b) => a.runsPerSecond - b.runsPerSecond);
}
