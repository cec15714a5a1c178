/** What perdure stands on and cannot reach or use. */
import { entry, type ErrorEntry } from './entry.js';

export const backEndErrors = {
  run_not_recorded: entry(
    503,
    true,
    'The run was accepted, but its record is not written yet',
    'Try again in a moment: the run is safe with Temporal, and its first activity writes the record.',
  ),
  temporal_unavailable: entry(
    503,
    true,
    'Temporal cannot be reached',
    'Nothing was started. Try again; see /readyz.',
  ),
  store_unavailable: entry(
    503,
    true,
    'The database cannot be reached',
    'Try again; runs in progress go on by themselves. See /readyz.',
  ),
  schema_mismatch: entry(
    503,
    false,
    'The database has another schema than this build needs',
    'Have the operator run perdure migrate, or the build that fits.',
  ),
  workspace_unavailable: entry(503, true, 'The workspace cannot be reached', 'Try again; see /readyz.'),
  workspace_refused: entry(
    500,
    false,
    'The workspace does not let perdure in',
    'Have the operator look at the S3 settings that the detail names.',
  ),
  presign_unsupported: entry(
    501,
    false,
    'This workspace gives no links of its own',
    'Use GET and PUT on /v1/runs/{id}/files/{path}; links need files in S3.',
  ),
  encryption_key_missing: entry(
    500,
    false,
    'What is asked for was encrypted with a key that is not known here',
    'Operators: put the key back among PERDURE_ENCRYPTION_KEYS. The key of a tenant that was erased is gone for good.',
  ),
  worker_stopped: entry(
    503,
    true,
    'The worker was stopped while the tool was running',
    'It is tried again by itself, on another worker or after the restart; the attempt does not count.',
  ),
  worker_busy: entry(
    503,
    true,
    'The worker has no place for the tool just now',
    'It is tried again by itself, here or on another worker; the attempt does not count.',
  ),
  shutting_down: entry(
    503,
    true,
    'The server is shutting down',
    'Try again; another server or the next start will answer.',
  ),
  internal: entry(
    500,
    true,
    'Something went wrong inside perdure',
    'The log has the cause under the request id.',
  ),
} as const satisfies Record<string, ErrorEntry>;
