/** Live wake-ups for listeners. Losing a message loses no event: the log has it. */
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';

export interface EventBus {
  /** Never throws: what cannot be published is found in the log. */
  publish(runId: string, event: RunEvent | EphemeralEvent): void;
  /** Resolves once messages are certain to arrive; the returned function ends the subscription. */
  subscribe(runId: string, listener: (event: RunEvent | EphemeralEvent) => void): Promise<() => void>;
  /** False while messages may be lost; listeners then poll the log. */
  healthy(): boolean;
}
