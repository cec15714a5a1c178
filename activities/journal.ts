/** A run's event log as its activities write it: append first, then tell whoever listens. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunScope } from '../contracts/run-scope.js';
import { PerdureError, type ErrorInfo } from '../contracts/errors.js';
import type { NewEvent, RunEvent } from '../contracts/events.js';
import type { NewRun } from '../contracts/runs.js';
import type { AppendedEvent } from '../src/ports/event-log.js';
import type { ActivityDependencies } from './dependencies.js';
import { isOutage } from './to-failure.js';

/** Milliseconds for which an append that must not be lost is tried. */
const KEEP_TRYING_MS = 5_000;

/** What became of events that must not be lost. */
export interface Kept {
  /** The log's answer; empty when it could not be reached. */
  rows: AppendedEvent[];
  /** The events that are not stored yet. */
  unsent: NewEvent[];
}

export class Journal {
  /** Events that are not stored yet; each append takes them along, in order. */
  private pending: NewEvent[];

  constructor(
    private readonly deps: Pick<ActivityDependencies, 'store' | 'log' | 'bus' | 'logger' | 'meter'>,
    private readonly scope: RunScope,
    /** Whose record is made where there is none yet: the submission may not have got that far. */
    private readonly run?: NewRun,
  ) {
    this.pending = [...scope.unsent];
  }

  /** @throws PerdureError `store_unavailable`, `run_not_found` */
  async append(...events: NewEvent[]): Promise<AppendedEvent[]> {
    const all = [...this.pending, ...events];
    if (all.length === 0) return [];
    const rows = await this.store(all);
    this.pending = [];
    for (const { inserted, event } of rows) {
      if (!inserted) continue;
      this.deps.bus.publish(this.scope.runId, event);
      this.deps.meter.recorded(event, this.run);
    }
    return rows;
  }

  /** Events that go along with the next append: each append is a round trip. */
  hold(...events: NewEvent[]): void {
    this.pending.push(...events);
  }

  /** The same for what the log is to tell before all that is held: a run begins with its beginning. */
  holdFirst(...events: NewEvent[]): void {
    this.pending.unshift(...events);
  }

  /** Events that no append has stored yet. */
  held(): NewEvent[] {
    return [...this.pending];
  }

  private async store(events: NewEvent[]): Promise<AppendedEvent[]> {
    try {
      return await this.deps.log.append(this.scope.runId, events);
    } catch (error) {
      const isUnrecorded = error instanceof PerdureError && error.code === 'run_not_found';
      if (!isUnrecorded || this.run === undefined) throw error;
      await this.deps.store.createRun(this.run);
      return this.deps.log.append(this.scope.runId, events);
    }
  }

  /**
   * For events of what has already happened: it must not happen again only because the log is away.
   * @returns what the log answered, or the events that it could not take, for the next activity
   * @throws what is no outage: an event that is refused for good must not be carried from one to the next
   */
  async appendOrKeep(...events: NewEvent[]): Promise<Kept> {
    const deadline = Date.now() + KEEP_TRYING_MS;
    for (let pause = 100; ; pause *= 3)
      try {
        return { rows: await this.append(...events), unsent: [] };
      } catch (error) {
        if (!isOutage(error)) throw error;
        this.deps.logger.warn({ err: error, runId: this.scope.runId }, 'the event log did not take an event');
        if (Date.now() + pause > deadline) return { rows: [], unsent: [...this.pending, ...events] };
        await delay(pause);
      }
  }

  /** For events that are worth a try only. */
  async tryAppend(event: NewEvent): Promise<void> {
    try {
      await this.append(event);
    } catch (error) {
      this.deps.logger.warn({ err: error, runId: this.scope.runId }, `${event.type} was not recorded`);
    }
  }
}

/** How a step ended by an event of its own; undefined for an event that ends none. */
export function endBy(event: RunEvent | undefined): 'completed' | ErrorInfo | undefined {
  if (event?.type === 'step.completed' || event?.type === 'step.reused') return 'completed';
  return event?.type === 'step.failed' ? (event.error as ErrorInfo) : undefined;
}

/** How the step ended by the log's answer, which has the end that came first. */
export const endOf = (rows: readonly AppendedEvent[], stepId: string): ReturnType<typeof endBy> =>
  endBy(rows.find((row) => row.key === stepKeys.end(stepId))?.event);

export const now = (): string => new Date().toISOString();

/** The keys under which a step's events are stored: what makes each of them happen once. */
export const stepKeys = {
  started: (stepId: string, attempt: number): string => `step/${stepId}/started/${attempt}`,
  retrying: (stepId: string, attempt: number): string => `step/${stepId}/retrying/${attempt}`,
  end: (stepId: string): string => `step/${stepId}/end`,
  artifact: (stepId: string, path: string): string => `step/${stepId}/artifact/${path}`,
  /** @param round 1 for the first word on the step's end */
  supervised: (stepId: string, round = 1): string =>
    round === 1 ? `step/${stepId}/supervised` : `step/${stepId}/supervised/${round}`,
};
