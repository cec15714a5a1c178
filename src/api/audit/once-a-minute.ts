/**
 * Lets the same refusal of the same caller through once a minute, whatever it was done to: whoever is refused in masses
 * fills no log.
 */
import type { NewAuditEntry } from '../../ports/audit-log.js';

const MINUTE_MS = 60_000;
/** Refusals that are remembered. */
const MOST = 10_000;

export function createOnceAMinute(now: () => number = Date.now): (entry: NewAuditEntry) => boolean {
  const seen = new Map<string, number>();
  return ({ tenantId, subject, address, action, outcome }) => {
    if (outcome === 'ok' || outcome === 'replayed') return true;
    const key = JSON.stringify([tenantId, subject, address, action, outcome]);
    const before = seen.get(key);
    if (before !== undefined && now() - before < MINUTE_MS) return false;
    // The newest stand last, and the oldest is forgotten first.
    seen.delete(key);
    seen.set(key, now());
    const [oldest] = seen.keys();
    if (seen.size > MOST && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}
