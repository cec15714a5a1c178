/** What a model writes, passed on while it does: many small pieces as few events, and none of them stored. */
import type { EphemeralEvent } from '../contracts/events.js';
import type { EventBus } from '../src/ports/event-bus.js';
import { now } from './journal.js';

/** Milliseconds for which pieces are gathered. A reader sees no difference; the bus and the streams do. */
const GATHER_MS = 40;

export class OutputStream {
  private text = '';
  private timer: NodeJS.Timeout | undefined;

  /** @param of the step that writes, if one does, and its attempt */
  constructor(
    private readonly bus: EventBus,
    private readonly runId: string,
    private readonly of: { stepId?: string; attempt: number },
  ) {}

  /** @param piece null when what was written before does not count any more */
  write(piece: string | null): void {
    if (piece === null) {
      this.text = '';
      this.publish({ type: 'output.reset', ...this.envelope() });
      return;
    }
    this.text += piece;
    this.timer ??= setTimeout(() => {
      this.flush();
    }, GATHER_MS);
  }

  /** Passes on what is left. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.text === '') return;
    const { text } = this;
    this.text = '';
    this.publish({ type: 'output.delta', ...this.envelope(), text });
  }

  private envelope(): { runId: string; at: string; stepId?: string; attempt: number } {
    return { runId: this.runId, at: now(), ...this.of };
  }

  private publish(event: EphemeralEvent): void {
    this.bus.publish(this.runId, event);
  }
}
