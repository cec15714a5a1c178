/** Words about a connection that is away: loud at first, then once a minute, and when it is back. */
import type { Logger } from '../../ports/logger.js';

const REMINDER_MS = 60_000;

export interface Outage {
  /** The latest reason in words for people; null while all is well. */
  reason(): string | null;
  /** Whether something has failed, which a first attempt that is under way has not. */
  hasBegun(): boolean;
  begin(reason: string, cause?: unknown): void;
  end(): void;
}

/** @param reason what is told before the first attempt has ended */
export function createOutage(logger: Logger, reason: string): Outage {
  let current: string | null = reason;
  let since: number | null = null;
  let lastTold = 0;
  return {
    reason: () => current,
    hasBegun: () => since !== null,
    begin(reason, cause) {
      const now = Date.now();
      // Another reason is news: a Redis that was away may come back with another password.
      if (since === null || reason !== current || now - lastTold >= REMINDER_MS) {
        logger.warn(
          { cause: told(cause), awaySeconds: since === null ? 0 : Math.round((now - since) / 1_000) },
          `${reason}; runs go on, and streams poll the event log`,
        );
        lastTold = now;
      }
      since ??= now;
      current = reason;
    },
    end() {
      if (since !== null)
        logger.info({ awaySeconds: Math.round((Date.now() - since) / 1_000) }, 'Redis is back');
      since = null;
      current = null;
    },
  };
}

/** The client's errors carry their command, and with it passwords and messages. */
function told(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code} ` : '';
  return `${code}${cause.message}`;
}
