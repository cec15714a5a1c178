/** Finds the run that an address names, for its tenant only, and shows it as the API answers runs. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request } from 'express';
import { addressOf } from '../../contracts/api.js';
import { PerdureError } from '../../contracts/errors.js';
import type { RunSummary } from '../../contracts/answers.js';
import type { RunHead, RunRecord } from '../../contracts/runs.js';
import { isTerminal } from '../../contracts/terminal.js';
import type { ApiContext } from './context.js';

const RECORD_POLL_MS = 100;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * @throws PerdureError `run_not_found`: an id of another tenant, or of no shape, looks like an unknown one;
 *   `run_not_recorded` for a run that was accepted, and of which the database knows nothing yet
 */
export const findRun = (context: ApiContext, req: Request): Promise<RunHead> =>
  lookUp(context, req, (tenantId, id) => context.runs.findRun(tenantId, id));

/** The id that the address names, in lower case; null for one of no shape. */
export function idOf({ params: { id } }: Request): string | null {
  const given = typeof id === 'string' ? id.toLowerCase() : '';
  return uuid.test(given) ? given : null;
}

/** The same with its plan. */
export const getRun = (context: ApiContext, req: Request): Promise<RunRecord> =>
  lookUp(context, req, (tenantId, id) => context.runs.getRun(tenantId, id));

async function lookUp<Found>(
  context: ApiContext,
  req: Request,
  ask: (tenantId: string, id: string) => Promise<Found | null>,
): Promise<Found> {
  const id = idOf(req);
  if (id !== null) {
    const tenantId = context.principalOf(req).tenantId;
    const run = await ask(tenantId, id);
    if (run !== null) return run;
    if ((await context.engine.tenantOf(id)) === tenantId)
      return onceRecorded(id, context.limits.recordWaitMs, () => ask(tenantId, id));
  }
  throw new PerdureError(
    'run_not_found',
    `there is no run ${JSON.stringify(String(req.params.id).slice(0, 100).toLowerCase())}`,
  );
}

/** As a rule the record is a moment behind: a schedule has just started the run, and its worker is about to write it. */
async function onceRecorded<Found>(
  id: string,
  waitMs: number,
  ask: () => Promise<Found | null>,
): Promise<Found> {
  for (const deadline = Date.now() + waitMs; Date.now() < deadline;) {
    await sleep(RECORD_POLL_MS);
    const run = await ask();
    if (run !== null) return run;
  }
  throw new PerdureError('run_not_recorded', `the run ${id} was accepted and waits for its record`);
}

/** @throws PerdureError `run_not_found`, or `run_closed` */
export async function findOpenRun(context: ApiContext, req: Request): Promise<RunHead> {
  const run = await findRun(context, req);
  if (isTerminal(run.status)) throw runClosed(run);
  return run;
}

export const runClosed = (run: RunHead): PerdureError =>
  new PerdureError('run_closed', `the run ${run.id} has ended: ${run.status}`);

/** Of a whole record a Run, of a head a RunSummary. */
export function toRun<Record extends RunHead>(
  record: Record,
  engine: ApiContext['engine'],
): Omit<Record, 'tenantId' | 'requestHash' | 'settings'> & Pick<RunSummary, 'links'> {
  const { tenantId: _tenantId, requestHash: _requestHash, settings: _settings, ...shown } = record;
  const { id, webhook } = record;
  return {
    ...shown,
    webhook: webhook === null ? null : { ...webhook, url: withoutQuery(webhook.url) },
    links: {
      self: addressOf('getRun', { id }),
      events: addressOf('streamEvents', { id }),
      files: addressOf('listFiles', { id }),
      children: `${addressOf('listRuns')}?parent=${id}`,
      temporal: engine.webUrl(id),
    },
  };
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
