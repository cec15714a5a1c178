/** Which run an activity is for. */
import type { NewEvent } from './events.js';

/** What every activity of a run is told. */
export interface RunScope {
  runId: string;
  tenantId: string;
  /** Who carries the run out, by name: it says who judges its steps. */
  agent: string;
  /** Events that an earlier append could not store; this activity's first append takes them along. */
  unsent: NewEvent[];
}
