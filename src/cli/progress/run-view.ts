/** How a run that is followed is shown. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';

export interface RunView {
  show(event: RunEvent | EphemeralEvent): void;
  /** Something about the following itself, such as a connection that broke. */
  note(text: string): void;
  /** Leaves what was shown last, and the terminal as it was. */
  end(): void;
}
