/** Events that could not be stored yet. Every activity is given all of them until one has stored them. */
import type { NewEvent } from '../contracts/events.js';

export class UnsentEvents {
  private readonly byKey = new Map<string, NewEvent>();

  constructor(events: readonly NewEvent[] = []) {
    for (const event of events) this.byKey.set(event.key, event);
  }

  get size(): number {
    return this.byKey.size;
  }

  all(): NewEvent[] {
    return [...this.byKey.values()];
  }

  add(event: NewEvent): void {
    this.byKey.set(event.key, event);
  }

  /** An activity that was given `given` has stored them, all but what it hands back. */
  settle(given: readonly NewEvent[], back: readonly NewEvent[] = []): void {
    for (const { key } of given) this.byKey.delete(key);
    for (const event of back) this.byKey.set(event.key, event);
  }
}
