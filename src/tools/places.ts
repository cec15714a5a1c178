/** Room for so many at once; whoever finds none waits a moment, and goes. */
import { PerdureError } from '../../contracts/errors.js';

/** Milliseconds; who waits longer had better be tried by another worker, and takes no place of an activity here. */
const PATIENCE_MS = 10_000;

export class Places {
  private taken = 0;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly count: number,
    private readonly what: string,
  ) {}

  /** @throws PerdureError `worker_busy`; the signal's reason when it is aborted; what `act` throws */
  async use<Value>(signal: AbortSignal, act: () => Promise<Value>): Promise<Value> {
    await this.enter(signal);
    try {
      return await act();
    } finally {
      this.leave();
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken < this.count) {
      this.taken += 1;
      return;
    }
    let onAbort: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.queue.push(resolve);
        const giveUp = (error: Error): void => {
          const at = this.queue.indexOf(resolve);
          // Where the place has just been given to it, it has it.
          if (at < 0) return;
          this.queue.splice(at, 1);
          reject(error);
        };
        onAbort = () => {
          giveUp(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        signal.addEventListener('abort', onAbort, { once: true });
        timer = setTimeout(() => {
          giveUp(new PerdureError('worker_busy', `all ${this.count} ${this.what} of this worker are in use`));
        }, PATIENCE_MS);
      });
    } finally {
      clearTimeout(timer);
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  /** The place goes to who has waited longest. */
  private leave(): void {
    const next = this.queue.shift();
    if (next === undefined) this.taken -= 1;
    else next();
  }
}
