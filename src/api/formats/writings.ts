/** What models write on the way, as chat protocols know it: pieces of text that begin, grow and end. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { isTerminalEvent } from '../../../contracts/terminal.js';

export type WritingMoment = { id: string; at: string } & (
  { kind: 'begin' | 'end' } | { kind: 'more'; text: string }
);

/**
 * None of it is in the log, so none of it may change how durable events are counted: a reader that comes back has
 * missed it, and nothing waits for it.
 */
export class Writings {
  /** The text that is being written by each step; of the planner and supervisor under no step. */
  private readonly open = new Map<string | undefined, string>();
  private lastSeq = 0;
  private begun = 0;

  /** To be said before what the event itself becomes. */
  momentsOf(event: RunEvent | EphemeralEvent): WritingMoment[] {
    const { stepId, at } = event;
    if ('seq' in event) {
      this.lastSeq = event.seq;
      this.begun = 0;
      // The next turn of the same step, or what follows it, is another text.
      const ended = isTerminalEvent(event.type) ? [...this.open.keys()] : [stepId];
      return ended.flatMap((of) => this.end(of, at));
    }
    // What was written before does not count any more; no protocol can take it back, so another text begins.
    if (event.type === 'output.reset') return this.end(stepId, at);
    if (event.type !== 'output.delta') return [];
    const known = this.open.get(stepId);
    const id = known ?? `writing-${this.lastSeq}-${(this.begun += 1)}`;
    this.open.set(stepId, id);
    const begin: WritingMoment[] = known === undefined ? [{ kind: 'begin', id, at }] : [];
    return [...begin, { kind: 'more', id, at, text: event.text }];
  }

  private end(stepId: string | undefined, at: string): WritingMoment[] {
    const id = this.open.get(stepId);
    this.open.delete(stepId);
    return id === undefined ? [] : [{ kind: 'end', id, at }];
  }
}
