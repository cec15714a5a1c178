/** Whether a call may go to an address: not where a model chose a host that no person has named. */
import { canonicalJson } from '../contracts/canonical-json.js';
import { PerdureError } from '../contracts/errors.js';
import type { Approved } from '../contracts/messages.js';
import { isNamedHost } from '../contracts/named-hosts.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import type { RunHead } from '../contracts/runs.js';
import type { Reach } from '../contracts/tool-calls.js';
import type { ActivityDependencies } from './dependencies.js';
import { writingOf } from './step-writing.js';

/** Characters of an address that whoever decides is shown. */
const MAX_SHOWN = 300;

/** What is known of a call. */
export interface Reaching {
  runId: string;
  tenantId: string;
  /** With what it was planned to do, unless a model chose that while it ran. */
  step: Pick<PlanStep, 'id'> & Partial<Pick<PlanStep, 'tool' | 'args'>>;
  /** What a person has approved of just this call. */
  approved?: Approved;
  chosenBy: 'plan' | 'model';
}

type Parts = Pick<ActivityDependencies, 'store' | 'log' | 'agents'>;

/** Where the call may go, whoever makes it. @throws PerdureError `store_unavailable` */
export async function reachOf(deps: Parts, of: Reaching): Promise<Reach> {
  // Whoever approved it has seen the address.
  if (of.approved !== undefined) return 'any';
  const written = await writtenByCaller(deps, of);
  if (written !== undefined && of.chosenBy === 'plan') return 'any';
  const { agent } = await findRun(deps, of);
  // A person's own words to the model, as they were written: without what references bring.
  const words = written === undefined ? [] : [JSON.stringify(written.args)];
  return {
    agent,
    hosts: [...(deps.agents.find(agent)?.hosts ?? [])],
    texts: [...(await goalsOf(deps, of)), ...words],
  };
}

/** @throws PerdureError `address_not_named` */
export function checkReach(reach: Reach, url: URL): void {
  const why = whyOutOfReach(reach, url);
  if (why !== undefined)
    throw new PerdureError('address_not_named', `${why}: ${url.href.slice(0, MAX_SHOWN)}`);
}

/** Undefined where the call may go there. */
export function whyOutOfReach(reach: Reach, url: URL): string | undefined {
  if (reach === 'any' || isNamedHost(url, reach)) return undefined;
  return `${url.host} was chosen by a model, and neither the goal nor the agent ${reach.agent} names it`;
}

/** Where a call leads to by its arguments; undefined for a tool that goes nowhere, and for what is no address. */
export function addressOf(tool: string, args: JsonValue): URL | undefined {
  if (tool !== 'http_fetch' || typeof args !== 'object' || args === null || Array.isArray(args))
    return undefined;
  const { url } = args;
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
}

/**
 * The goal as a person has told it. That of a sub-agent is whatever a step has made of it: it counts as far as a person
 * has written the step, without what references bring; and so does the goal of the run above.
 */
async function goalsOf(
  deps: Parts,
  { runId, tenantId }: Pick<Reaching, 'runId' | 'tenantId'>,
): Promise<string[]> {
  const { goal, origin } = await findRun(deps, { runId, tenantId });
  if (origin?.kind !== 'delegate') return [goal];
  const above = { runId: origin.runId, tenantId };
  const handedOn = await writtenByCaller(deps, { ...above, step: { id: origin.stepId } });
  return [
    ...(handedOn === undefined ? [] : [JSON.stringify(handedOn.args.goal)]),
    ...(await goalsOf(deps, above)),
  ];
}

/** Runs that one run may go back to by retries and forks; older words are not looked for. */
const MAX_ORIGINS = 20;

/** The step as a person wrote it: it came with the submission, or was changed in a fork of a run. */
async function writtenByCaller(
  deps: Parts,
  { runId, tenantId, step }: Pick<Reaching, 'runId' | 'tenantId' | 'step'>,
): Promise<PlanStep | undefined> {
  let id = runId;
  let written: PlanStep | undefined;
  for (let i = 0; i < MAX_ORIGINS; i += 1) {
    const found = await writingOf(deps.log, id, step.id);
    const wanted = written ?? { ...found?.step, ...step };
    if (found === undefined || !isSame(found.step, wanted)) return written;
    if (found.madeBy !== 'caller') return undefined;
    written = found.step;
    // Put in by a person while the run went on: what it goes back to had no say in it.
    if (found.version > 1) return written;
    const { origin } = await findRun(deps, { runId: id, tenantId });
    // What a step hands on was written by whoever has written the step.
    if (origin?.kind === 'delegate') {
      const above = { runId: origin.runId, tenantId, step: { id: origin.stepId } };
      return (await writtenByCaller(deps, above)) === undefined ? undefined : written;
    }
    if (origin?.kind !== 'retry' && origin?.kind !== 'fork') return written;
    id = origin.runId;
  }
  return undefined;
}

const isSame = (a: PlanStep, b: Partial<PlanStep>): boolean =>
  a.tool === b.tool && canonicalJson(a.args) === canonicalJson(b.args);

/** @throws PerdureError `run_not_found`, `store_unavailable` */
async function findRun(
  deps: Parts,
  { runId, tenantId }: { runId: string; tenantId: string },
): Promise<RunHead> {
  const run = await deps.store.findRun(tenantId, runId);
  if (run === null) throw new PerdureError('run_not_found', `there is no run ${runId}`);
  return run;
}
