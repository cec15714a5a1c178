/** Holds a tenant to its limits of runs when it submits one, and says in headers what is left. */
import { CANARY_TENANT } from '../../contracts/canary.js';
import type { NewRun } from '../../contracts/runs.js';
import type { RunAdmission, TenantLimits } from '../ports/admission.js';
import type { ApiContext } from './context.js';
import { withDeadline } from '../../contracts/deadline.js';
import { Refusal } from './refusal.js';

export interface AdmittedRun {
  /** What is left, for the answer. */
  headers: Record<string, string>;
  /** For a run that did not start after all. Never throws. */
  release(): Promise<void>;
}

/** Milliseconds that admission waits for the database. */
const STORE_MS = 5_000;
/** Nobody can tell when a run will end; so many seconds later it is worth another try. */
const OPEN_RUNS_RETRY = 10;

const free: AdmittedRun = { headers: {}, release: () => Promise.resolve() };

/**
 * Without the database nothing can be counted; the run is admitted then, as Temporal accepts it.
 * @throws PerdureError `run_limit_reached`, `rate_limited`
 */
export async function admitRun(
  { admission, logger }: ApiContext,
  { id, tenantId }: NewRun,
): Promise<AdmittedRun> {
  // The limits of people say nothing about whether the system works.
  if (admission === null || tenantId === CANARY_TENANT) return free;
  const { port, limits } = admission;
  if (limits.openRuns === null && limits.submissionsPerMinute === null) return free;
  let verdict: RunAdmission;
  try {
    verdict = await withDeadline(port.admitRun(tenantId, id, limits), STORE_MS);
  } catch (error) {
    logger.warn(
      { err: error, tenantId },
      'a run is admitted without its limits: the database does not answer',
    );
    return free;
  }
  const headers = rateLimitHeaders(verdict, limits);
  if (verdict.refusedBy === 'open_runs')
    throw new Refusal('run_limit_reached', `${limits.openRuns ?? 0} runs are open, and no more may be`, {
      headers,
      retryAfterSeconds: OPEN_RUNS_RETRY,
    });
  if (verdict.refusedBy === 'submissions')
    throw new Refusal(
      'rate_limited',
      `${limits.submissionsPerMinute ?? 0} runs were submitted within a minute, and no more may be`,
      { headers, retryAfterSeconds: verdict.window?.resetSeconds ?? 1 },
    );
  return {
    headers,
    release: () =>
      port.releaseRun(tenantId, id).catch((error: unknown) => {
        // It passes by itself within a minute.
        logger.warn({ err: error, tenantId }, 'a place among the open runs is not given back');
      }),
  };
}

/** Source: draft-ietf-httpapi-ratelimit-headers-10, as Structured Fields lists. */
function rateLimitHeaders(verdict: RunAdmission, limits: TenantLimits): Record<string, string> {
  const policies: string[] = [];
  const left: string[] = [];
  if (limits.submissionsPerMinute !== null) {
    policies.push(`"submissions";q=${limits.submissionsPerMinute};w=60`);
    if (verdict.window !== null)
      left.push(`"submissions";r=${verdict.window.remaining};t=${verdict.window.resetSeconds}`);
  }
  if (limits.openRuns !== null) {
    policies.push(`"open-runs";q=${limits.openRuns}`);
    left.push(`"open-runs";r=${Math.max(0, limits.openRuns - verdict.openRuns)}`);
  }
  return {
    'RateLimit-Policy': policies.join(', '),
    ...(left.length === 0 ? {} : { RateLimit: left.join(', ') }),
  };
}
