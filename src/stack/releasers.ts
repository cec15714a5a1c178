/** What was opened is let go in the opposite order, also when a start fails half-way. */
import type { Logger } from '../ports/logger.js';

export class Releasers {
  private readonly stack: { name: string; release: () => Promise<void> }[] = [];
  private done: Promise<void> | undefined;

  push(name: string, release: () => Promise<void>): void {
    this.stack.push({ name, release });
  }

  /** Releases everything once; one that fails does not keep the others. */
  release(logger: Logger): Promise<void> {
    this.done ??= this.releaseAll(logger);
    return this.done;
  }

  private async releaseAll(logger: Logger): Promise<void> {
    for (let next = this.stack.pop(); next !== undefined; next = this.stack.pop())
      try {
        await next.release();
      } catch (error) {
        logger.error({ err: error }, `${next.name} could not be stopped cleanly`);
      }
  }
}
