/** Makes of what a schedule has the run of one of its times: with the tools of today, within the tenant's limits. */
import { createHash } from 'node:crypto';
import { DEFAULT_AGENT } from '../contracts/agents.js';
import { policyOfRun } from '../contracts/approvals.js';
import { PerdureError } from '../contracts/errors.js';
import type { PreparedRun, ScheduledRunActivities } from '../contracts/scheduled-runs.js';
import type { Admission } from '../src/ports/admission.js';
import type { AgentCatalog } from '../src/ports/agent-catalog.js';
import type { Logger } from '../src/ports/logger.js';
import type { ToolCatalog } from '../src/ports/tool-catalog.js';
import { now } from './journal.js';
import { isOutage, toFailure } from './to-failure.js';

export interface ScheduledRunDependencies {
  tools: Pick<ToolCatalog, 'list'>;
  agents: Pick<AgentCatalog, 'find'>;
  admission: Pick<Admission, 'admitRun'>;
  /** Null for no limit. */
  limits: { openRuns: number | null; submissionsPerMinute: number | null };
  logger: Logger;
}

export function createScheduledRunActivities(deps: ScheduledRunDependencies): ScheduledRunActivities {
  return {
    async prepareScheduledRun({ scheduleId, tenantId, runId, scheduledAt, run }) {
      try {
        await admit(deps, tenantId, runId);
      } catch (error) {
        throw toFailure(error);
      }
      const {
        goal,
        agent = DEFAULT_AGENT,
        plan,
        inputs,
        metadata = {},
        approvals: wanted,
        priority,
        webhook,
        budget,
      } = run;
      const approvals = policyOfRun({ approvals: wanted, plan }, deps.agents.find(agent)?.approvals);
      const settings = {
        ...(approvals === undefined ? {} : { approvals }),
        ...(priority === undefined ? {} : { priority }),
      };
      const prepared: PreparedRun = {
        input: {
          run: {
            ...{ id: runId, tenantId, goal, agent, metadata },
            requestHash: null,
            origin: { kind: 'schedule', scheduleId, scheduledAt },
            ...(webhook === undefined ? {} : { webhook }),
            settings,
            ...(budget === undefined ? {} : { budget }),
            createdAt: now(),
          },
          plan: plan ?? null,
          inputsData: inputs?.data === undefined ? null : { value: inputs.data },
          ...(approvals === undefined ? {} : { approvals }),
          tools: Object.fromEntries(
            deps.tools
              .list()
              .map(({ name, timeoutSeconds, effect, quick }) => [name, { timeoutSeconds, effect, quick }]),
          ),
        },
        fairnessKey: fairnessKeyOf(tenantId),
      };
      return prepared;
    },
  };
}

/** As for a submission: without the database nothing can be counted, and the run is admitted. */
async function admit(
  { admission, limits, logger }: ScheduledRunDependencies,
  tenantId: string,
  runId: string,
): Promise<void> {
  if (limits.openRuns === null && limits.submissionsPerMinute === null) return;
  try {
    const { refusedBy } = await admission.admitRun(tenantId, runId, limits);
    if (refusedBy === 'open_runs')
      throw new PerdureError(
        'run_limit_reached',
        `${limits.openRuns ?? 0} runs are open, and no more may be`,
      );
    if (refusedBy === 'submissions')
      throw new PerdureError('rate_limited', 'too many runs were submitted within a minute');
  } catch (error) {
    if (!isOutage(error)) throw error;
    logger.warn({ err: error, tenantId, runId }, 'a scheduled run is admitted without its limits');
  }
}

/** Temporal takes at most 64 bytes. */
const fairnessKeyOf = (tenantId: string): string =>
  Buffer.byteLength(tenantId) <= 64 ? tenantId : createHash('sha256').update(tenantId).digest('hex');
