/** The durable event log: gap-free `seq` per run, idempotent appends. */
import type { NewEvent, RunEvent } from '../../contracts/events.js';

export interface AppendedEvent {
  key: string;
  /** False when the key was known: `event` is then the one stored earlier. */
  inserted: boolean;
  event: RunEvent;
}

/** Every method throws PerdureError `store_unavailable` when the database cannot be reached. */
export interface EventLog {
  /**
   * Appends in order, in one transaction with the run record's projection. Known keys are dropped, as is
   * everything after the terminal event (such events are absent from the answer).
   * @throws PerdureError `run_not_found`; `step_closed` for a later start of a step that has its end, and nothing is
   *   stored
   */
  append(runId: string, events: readonly NewEvent[]): Promise<AppendedEvent[]>;
  /**
   * Events with `seq` above `after`, in order, at most `limit`.
   * @throws PerdureError `events_expired` when retention has deleted them
   */
  read(runId: string, after: number, limit: number): Promise<RunEvent[]>;
  /** The events stored under these keys, in no given order; unknown keys are left out. */
  find(runId: string, keys: readonly string[]): Promise<RunEvent[]>;
}
