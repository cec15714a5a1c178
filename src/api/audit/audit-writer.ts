/**
 * Writes entries of the audit log behind the answers: those that come while some are written go together with the next
 * write, so that no call waits for one and a busy server writes few. While the database is away, entries wait, and
 * stand in the process's log meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PerdureError } from '../../../contracts/errors.js';
import type { AuditLog, NewAuditEntry } from '../../ports/audit-log.js';
import type { Logger } from '../../ports/logger.js';
import { createOnceAMinute } from './once-a-minute.js';

export interface AuditWriter {
  write(entry: NewAuditEntry): void;
  /** Once everything is written, or after one more try where that cannot be. */
  settle(): Promise<void>;
}

export interface AuditWriterOptions {
  retryMs?: number;
  /** Entries that wait at most; more go to the process's log alone. */
  most?: number;
}

/** Entries of one write. */
const BATCH = 500;

export function createAuditWriter(
  log: Pick<AuditLog, 'append'>,
  logger: Logger,
  { retryMs = 1_000, most = 10_000 }: AuditWriterOptions = {},
): AuditWriter {
  const waiting: NewAuditEntry[] = [];
  const told = new WeakSet<NewAuditEntry>();
  const ending = new AbortController();
  const isNew = createOnceAMinute();
  let writing: Promise<void> | undefined;

  /** Each once, so that an entry is in one place at the least. */
  const tell = (entries: readonly NewAuditEntry[], why: string, error?: unknown): void => {
    for (const entry of entries) {
      if (told.has(entry)) continue;
      told.add(entry);
      logger.warn({ audit: entry, ...(error === undefined ? {} : { err: error }) }, why);
    }
  };

  /** @returns false where the rest has to wait for another time that does not come */
  const writeSome = async (): Promise<boolean> => {
    const batch = waiting.slice(0, BATCH);
    try {
      await log.append(batch);
      waiting.splice(0, batch.length);
    } catch (error) {
      tell(batch, 'an entry of the audit log stands here: it cannot be written', error);
      if (!(error instanceof PerdureError && error.retryable)) {
        // Nothing that waiting mends.
        waiting.splice(0, batch.length);
        return true;
      }
      if (ending.signal.aborted) return false;
      await sleep(retryMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
    }
    return true;
  };
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0 && (await writeSome()));
    writing = undefined;
  };

  return {
    write(entry) {
      if (!isNew(entry)) return;
      if (waiting.length >= most) {
        tell([entry], 'an entry of the audit log stands here alone: too many wait for the database');
        return;
      }
      waiting.push(entry);
      writing ??= writeAll();
    },
    async settle() {
      ending.abort();
      await writing;
      // What was left by a last try that had begun before.
      tell(waiting, 'an entry of the audit log stands here alone: the server ends, and it cannot be written');
    },
  };
}
