/** What a run that goes on from another one is made of: its plan, and which of its steps are reused. */
import { policyOfRun } from '../../contracts/approvals.js';
import { createHash } from 'node:crypto';
import type { Budget, BudgetState } from '../../contracts/budgets.js';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { dependenciesOf } from '../../contracts/check-plan.js';
import { planKey } from '../../contracts/plan-change.js';
import { PerdureError, type FieldError } from '../../contracts/errors.js';
import type { RunEvent } from '../../contracts/events.js';
import type { ForkRun, RetryRun } from '../../contracts/forks.js';
import type { Plan, PlanStep } from '../../contracts/plan.js';
import type { RunOrigin, RunRecord } from '../../contracts/runs.js';
import { isTerminal } from '../../contracts/terminal.js';
import type { ApiContext } from './context.js';
import { inputsOf } from './run-inputs.js';
import { checkedPlan, findAgent, runIdFor, type Submission } from './submission.js';
import { invalid } from './validate.js';

const CHUNK = 500;

/** @throws PerdureError `run_open`, `nothing_to_retry`, `irreversible_repeat`, `events_expired` */
export async function retrySubmission(
  context: ApiContext,
  source: RunRecord,
  { repeat = [] }: RetryRun,
  key: string | undefined,
): Promise<Submission> {
  refuseOpen(source);
  if (source.status === 'completed')
    throw new PerdureError('nothing_to_retry', `the run ${source.id} has completed: fork it instead`);
  const origin = { kind: 'retry', runId: source.id } as const;
  return submission(context, source, { origin, plan: source.plan, anew: new Set(), repeat, key, change: {} });
}

/** @throws as retrySubmission, and `invalid_request`, `invalid_plan`, `unknown_agent` */
export async function forkSubmission(
  context: ApiContext,
  source: RunRecord,
  { fromStep, tool, args, repeat = [], ...change }: ForkRun,
  key: string | undefined,
): Promise<Submission> {
  refuseOpen(source);
  const { plan } = source;
  if (plan?.steps.every(({ id }) => id !== fromStep) ?? true)
    throw invalid('invalid_request', [
      { field: 'fromStep', message: `the plan has no step ${JSON.stringify(fromStep)}` },
    ]);
  const steps = (plan?.steps ?? []).map((step) =>
    step.id === fromStep ? { ...step, tool: tool ?? step.tool, args: args ?? step.args } : step,
  );
  const origin = { kind: 'fork', runId: source.id, fromStep } as const;
  const anew = withDependants(steps, fromStep);
  return submission(context, source, { origin, plan: { ...plan, steps }, anew, repeat, key, change });
}

function refuseOpen({ id, status }: RunRecord): void {
  if (!isTerminal(status)) throw new PerdureError('run_open', `the run ${id} is ${status}`);
}

interface Wanted {
  origin: RunOrigin;
  plan: Plan | null;
  /** Steps to be done although they have completed. */
  anew: ReadonlySet<string>;
  repeat: readonly string[];
  key: string | undefined;
  change: Pick<ForkRun, 'goal' | 'agent' | 'metadata'>;
}

async function submission(
  context: ApiContext,
  source: RunRecord,
  { origin, plan: given, anew, repeat, key, change }: Wanted,
): Promise<Submission> {
  const { tenantId, settings } = source;
  const budget = limitsOf(source.budget);
  const agent = findAgent(change.agent ?? source.agent, context.agents);
  const data = await inputsOf(context, source);
  const ends = await endsOf(context, source, given);
  const plan = withoutFirstTries(given, ends, await triedAgain(context, source), anew);
  if (plan !== null) checkedPlan(plan, agent, data, context.tools);
  const reused = new Set([...ends.completed].filter((id) => !anew.has(id)));
  if (plan !== null) refuseRepeats(context, plan, { reused, ends, repeat });
  const request = { origin, change, plan, repeat };
  return {
    run: {
      id: runIdFor(tenantId, key),
      tenantId,
      goal: change.goal ?? source.goal,
      agent: agent.name,
      metadata: change.metadata ?? source.metadata,
      requestHash: createHash('sha256').update(canonicalJson(request)).digest('hex'),
      ...(source.webhook === null ? {} : { webhook: { url: source.webhook.url } }),
      origin,
      ...(settings === null ? {} : { settings }),
      ...(budget === null ? {} : { budget }),
      createdAt: context.now().toISOString(),
    },
    plan,
    // Otherwise they come with the files.
    inputs: plan !== null || data === undefined ? undefined : { data },
    files: [],
    approvals: policyOfRun({ approvals: settings?.approvals, plan }, agent.approvals),
    priority: settings?.priority,
    keyed: key !== undefined,
    reused: {
      from: source.id,
      statuses: (plan?.steps ?? []).map(({ id }) => (reused.has(id) ? 'c' : '.')).join(''),
    },
  };
}

/** The step and all that build on it, directly or not. */
function withDependants(steps: readonly PlanStep[], id: string): Set<string> {
  const dependants = new Map<string, string[]>();
  for (const step of steps)
    for (const dependency of dependenciesOf(step))
      dependants.set(dependency, [...(dependants.get(dependency) ?? []), step.id]);
  const found = new Set([id]);
  // A set is walked in the order in which it grows.
  for (const each of found) for (const dependant of dependants.get(each) ?? []) found.add(dependant);
  return found;
}

interface Ends {
  completed: ReadonlySet<string>;
  /** Steps of which it is not known that they did nothing. */
  begun: ReadonlySet<string>;
}

async function endsOf({ log }: ApiContext, { id: runId }: RunRecord, plan: Plan | null): Promise<Ends> {
  const ids = (plan?.steps ?? []).map(({ id }) => id);
  // Where retention has deleted the events, this says so.
  if (ids.length > 0) await log.read(runId, 0, 1);
  const events: RunEvent[] = [];
  for (let i = 0; i < ids.length; i += CHUNK)
    events.push(
      ...(await log.find(
        runId,
        ids.slice(i, i + CHUNK).flatMap((id) => [`step/${id}/end`, `step/${id}/started/1`]),
      )),
    );
  const completed = new Set<string>();
  const begun = new Set<string>();
  const harmless = new Set<string>();
  for (const event of events) {
    const { stepId = '' } = event;
    if (event.type === 'step.started') begun.add(stepId);
    if (event.type === 'step.completed' || event.type === 'step.reused') completed.add(stepId);
    // A tool that has said that it failed did nothing; of one that was cut off that is not known.
    if (event.type === 'step.failed' && !isUnknown(event.error.code)) harmless.add(stepId);
  }
  for (const id of harmless) begun.delete(id);
  return { completed, begun };
}

/** Steps in whose place the supervisor has put another try. */
async function triedAgain({ log }: ApiContext, { id, planVersion }: RunRecord): Promise<Set<string>> {
  const keys = Array.from({ length: Math.max(0, planVersion - 1) }, (_, i) => planKey(i + 2));
  const events = keys.length === 0 ? [] : await log.find(id, keys);
  return new Set(
    events.flatMap((event) =>
      event.type === 'plan.updated' && event.retried !== undefined ? [event.retried.step] : [],
    ),
  );
}

/** What failed, and was then done otherwise, is not done again: nothing waits for it any more. */
function withoutFirstTries(
  plan: Plan | null,
  { completed }: Ends,
  tried: ReadonlySet<string>,
  anew: ReadonlySet<string>,
): Plan | null {
  if (plan === null || tried.size === 0) return plan;
  const isLeft = (id: string): boolean => tried.has(id) && !completed.has(id) && !anew.has(id);
  return { ...plan, steps: plan.steps.filter(({ id }) => !isLeft(id)) };
}

const isUnknown = (code: string): boolean => code === 'outcome_unknown' || code === 'cancelled';

/** What cannot be undone is not done twice unless somebody says so, step by step. */
function refuseRepeats(
  { tools }: ApiContext,
  plan: Plan,
  { reused, ends, repeat }: { reused: ReadonlySet<string>; ends: Ends; repeat: readonly string[] },
): void {
  const irreversible = new Set(
    tools
      .list()
      .filter(({ effect }) => effect === 'irreversible')
      .map(({ name }) => name),
  );
  const known = new Set(tools.list().map(({ name }) => name));
  const errors = plan.steps.flatMap(({ id, tool }): FieldError[] => {
    const isDone = ends.completed.has(id) || ends.begun.has(id);
    const mayRepeat = known.has(tool) && !irreversible.has(tool);
    if (reused.has(id) || !isDone || mayRepeat || repeat.includes(id)) return [];
    const what = ends.completed.has(id) ? 'has been done' : 'may have been done';
    return [
      { field: 'repeat', message: `must name ${JSON.stringify(id)}: it cannot be undone, and ${what}` },
    ];
  });
  if (errors.length > 0)
    throw new PerdureError('irreversible_repeat', errors.map(({ message }) => message).join('; '), {
      errors,
    });
}

/** Of the old run, to be used up anew. */
function limitsOf(budget: BudgetState | null): Budget | null {
  if (budget === null) return null;
  const { exhausted: _exhausted, ...limits } = budget;
  return limits;
}
