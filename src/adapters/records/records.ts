/** All that the database keeps, over whichever transport reaches it. */
import type { Admission } from '../../ports/admission.js';
import type { ApiKeyStore } from '../../ports/api-key-store.js';
import type { EventLog } from '../../ports/event-log.js';
import type { Retention } from '../../ports/retention.js';
import type { RunStore } from '../../ports/run-store.js';

/**
 * Opened by `openPostgresRecords(connectionString, logger)` in adapters/postgres and by
 * `openSupabaseRecords({ url, serviceRoleKey }, logger)` in adapters/supabase; both open lazily.
 */
export interface Records {
  runs: RunStore;
  log: EventLog;
  apiKeys: ApiKeyStore;
  admission: Admission;
  retention: Retention;
  close(): Promise<void>;
}
