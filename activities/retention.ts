/** Deletes old runs with their files, and the events of runs that are kept longer than their events. */
import { cancellationSignal } from '@temporalio/activity';
import { PerdureError } from '../contracts/errors.js';
import type { RetentionActivities } from '../contracts/retention.js';
import type { AuditLog } from '../src/ports/audit-log.js';
import type { Logger } from '../src/ports/logger.js';
import type { ExpiredRun, Retention } from '../src/ports/retention.js';
import type { Workspace } from '../src/ports/workspace.js';
import { toFailure } from './to-failure.js';

export interface RetentionDependencies {
  retention: Retention;
  audit: Pick<AuditLog, 'expire'>;
  workspace: Workspace;
  logger: Logger;
}

const PAGE = 100;
const AUDIT_PAGE = 5_000;

export function createRetentionActivities(deps: RetentionDependencies): RetentionActivities {
  return {
    async runRetention({ runDays, eventDays, auditDays }) {
      try {
        const deleted = runDays === null ? { runs: 0, failed: 0 } : await deleteRuns(deps, before(runDays));
        const trimmedRuns =
          eventDays === null
            ? 0
            : await untilNone((limit) => deps.retention.trimEvents(before(eventDays), limit), PAGE);
        const deletedAuditEntries =
          auditDays === null
            ? 0
            : await untilNone((limit) => deps.audit.expire(before(auditDays), limit), AUDIT_PAGE);
        return { deletedRuns: deleted.runs, trimmedRuns, failedRuns: deleted.failed, deletedAuditEntries };
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

const before = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

async function deleteRuns(
  { retention, workspace, logger }: RetentionDependencies,
  moment: string,
): Promise<{ runs: number; failed: number }> {
  const done = { runs: 0, failed: 0 };
  for (let after: ExpiredRun | undefined; ;) {
    const page = await retention.expiredRuns(moment, PAGE, after);
    for (const run of page) {
      cancellationSignal().throwIfAborted();
      try {
        // Files first: while there is a record, a job that was cut off finds them again.
        await workspace.deleteAll(run);
        if (await retention.deleteRun(run.tenantId, run.runId)) done.runs += 1;
      } catch (error) {
        // An outage is waited for; one run that cannot be deleted does not keep the others.
        if (error instanceof PerdureError && error.retryable) throw error;
        logger.error({ err: error, runId: run.runId }, 'a run could not be deleted by retention');
        done.failed += 1;
      }
    }
    after = page.at(-1);
    if (after === undefined) return done;
  }
}

async function untilNone(act: (limit: number) => Promise<number>, limit: number): Promise<number> {
  let done = 0;
  for (;;) {
    cancellationSignal().throwIfAborted();
    const count = await act(limit);
    done += count;
    if (count === 0) return done;
  }
}
