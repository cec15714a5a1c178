/**
 * The canary of perdure doctor, again and again: through this process's own API, with the time for each hop and the
 * last success as metrics. Its runs are deleted as they complete; one that failed stays for a day, to be looked into.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CANARY_TENANT } from '../../../contracts/canary.js';
import type { RunStatus } from '../../../contracts/runs.js';
import type { Client } from '../../client/client.js';
import type { Logger } from '../../ports/logger.js';
import type { CanaryMeter } from '../../ports/meters.js';
import type { Retention } from '../../ports/retention.js';
import type { RunStore } from '../../ports/run-store.js';
import type { Workspace } from '../../ports/workspace.js';
import { runCanary } from '../doctor/canary.js';

export interface CanaryOptions {
  /** Of this process's own API, signed in as the canary. */
  client: Client;
  everyMs: number;
  /** In which a run must have ended. */
  limitMs?: number;
  runs: Pick<RunStore, 'listRuns'>;
  retention: Pick<Retention, 'deleteRun'>;
  workspace: Pick<Workspace, 'deleteAll'>;
  meter: CanaryMeter;
  logger: Logger;
}

/** What the names of the canary's own lines begin with; the rest names the hop. */
const HOP = 'canary: ';
/** Completed runs of a process that has gone, which it did not delete itself. */
const LEFT_MS = 600_000;
const FAILED_MS = 86_400_000;
/** Runs that one round deletes at most. */
const MOST = 50;

/** @returns what ends it, once the run under way has been let go */
export function startCanary(options: CanaryOptions): () => Promise<void> {
  const ending = new AbortController();
  const loop = async (): Promise<void> => {
    for (;;) {
      // Processes that were started together do not stay together.
      await delay(options.everyMs * (0.75 + Math.random() / 2), undefined, { signal: ending.signal });
      try {
        await once(options, ending.signal);
        await clean(options);
      } catch (error) {
        options.logger.warn(
          { err: error },
          'runs of the canary could not be deleted; the next round tries again',
        );
      }
    }
  };
  const ended = loop().catch((error: unknown) => {
    if (!ending.signal.aborted) options.logger.error({ err: error }, 'the canary has ended by a defect');
  });
  return () => {
    ending.abort();
    return ended;
  };
}

async function once(options: CanaryOptions, signal: AbortSignal): Promise<void> {
  const { client, limitMs, meter, logger } = options;
  const { lines, runId } = await runCanary(client, {
    by: 'schedule',
    signal,
    ...(limitMs === undefined ? {} : { limitMs }),
  });
  // One that was cut off by the end of this process says nothing about the system.
  if (signal.aborted) return;
  const wrong = lines.find(({ state }) => state === 'failing');
  const hops = lines.flatMap(({ name, ms }) =>
    name.startsWith(HOP) && ms !== null ? [{ hop: name.slice(HOP.length), seconds: ms / 1_000 }] : [],
  );
  meter.ran({ works: wrong === undefined, hops });
  if (wrong === undefined) logger.debug({ hops }, 'the canary came through');
  else
    logger.error(
      { hop: wrong.name, runId },
      `the canary did not come through: ${wrong.name}, ${wrong.detail}`,
    );
  if (wrong === undefined && runId !== null) await deleteRun(options, runId);
}

async function clean(options: CanaryOptions): Promise<void> {
  await deleteOld(options, ['completed'], LEFT_MS);
  await deleteOld(options, ['failed', 'cancelled'], FAILED_MS);
}

async function deleteOld(options: CanaryOptions, status: RunStatus[], ageMs: number): Promise<void> {
  const createdBefore = new Date(Date.now() - ageMs).toISOString();
  const { runs } = await options.runs.listRuns(CANARY_TENANT, { status, createdBefore }, MOST);
  for (const { id } of runs) await deleteRun(options, id);
}

async function deleteRun({ workspace, retention }: CanaryOptions, runId: string): Promise<void> {
  // Files first: while there is a record, the next round finds them again.
  await workspace.deleteAll({ tenantId: CANARY_TENANT, runId });
  await retention.deleteRun(CANARY_TENANT, runId);
}
