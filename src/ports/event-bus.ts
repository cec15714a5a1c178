/** Live wake-ups for listeners. Losing a message loses no event: the log has it. */
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';

export interface BusListener {
  onEvent(event: RunEvent | EphemeralEvent): void;
  /**
   * From now on messages arrive, and earlier ones may have been lost: read the log. Called once the subscription
   * holds, never before subscribe() has returned, and again after every gap.
   */
  onReady(): void;
}

export interface EventBus {
  /** Never throws: what cannot be published is found in the log. */
  publish(runId: string, event: RunEvent | EphemeralEvent): void;
  /** @returns what ends the subscription; a second call does nothing */
  subscribe(runId: string, listener: BusListener): () => void;
  /** False while messages may be lost; listeners then poll the log. */
  healthy(): boolean;
  /** Why it is not healthy, in words for people, without addresses or secrets; null while it is. */
  problem(): string | null;
  /** Resolves when a message has come back. @throws Error whose message is `problem()` or the like */
  check(): Promise<void>;
}
