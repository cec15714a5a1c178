/** What a link that was shared may show: one run, its plan, its events and its files, and nothing else. */
import type { Request } from 'express';
import type { RouteName } from '../../contracts/api.js';
import { PerdureError } from '../../contracts/errors.js';
import type { Principal } from '../../contracts/principal.js';
import type { Run } from '../../contracts/answers.js';
import { shareLinkOnly } from './sign-in/unauthenticated.js';

/** Not why it stands still, which names workers, and not what is asked of whom. */
const shown: readonly RouteName[] = ['getRun', 'getPlan', 'streamEvents', 'listFiles', 'getFile'];

/** @throws PerdureError `insufficient_scope`, `run_not_found` */
export function holdToRun({ runId }: Principal, route: RouteName, req: Request): void {
  if (runId === undefined) return;
  if (!shown.includes(route)) throw shareLinkOnly();
  const asked = String(req.params.id).slice(0, 100).toLowerCase();
  // In the words for a run that is not there: whether it is, is nobody's business.
  if (asked !== runId) throw new PerdureError('run_not_found', `there is no run ${JSON.stringify(asked)}`);
}

/** Without addresses of the operator's own. */
export const withoutAddresses = (
  { runId }: Principal,
  run: Pick<Run, 'webhook' | 'links'>,
): Partial<Pick<Run, 'webhook' | 'links'>> =>
  runId === undefined ? {} : { webhook: null, links: { ...run.links, temporal: null } };
