/** A step that is handed on to a sub-agent: its run prepared, and its end taken over. */
import { createHash } from 'node:crypto';
import type {
  Activities,
  CompleteDelegateInput,
  Delegate,
  OpenDelegateInput,
} from '../contracts/activities.js';
import { policyOfRun, stricterPolicy } from '../contracts/approvals.js';
import { PerdureError } from '../contracts/errors.js';
import type { NewRun, RunRecord } from '../contracts/runs.js';
import { workspacePath } from '../contracts/workspace-path.js';
import type { ActivityDependencies } from './dependencies.js';
import { Journal, now, stepKeys } from './journal.js';
import { stepCall } from './step-call.js';
import { StepJournal } from './step-journal.js';
import { outputPath, storeOutput } from './step-output.js';
import { isOutage, retryLater, toolError } from './to-failure.js';

/** Runs below one another: a sub-agent that hands on all that it is given ends somewhere. */
const MAX_DEPTH = 3;
/** Attempts that a place among the tenant's open runs gets: the run that waits for one takes one itself. */
const MAX_ATTEMPTS = 5;

/** Done again, it prepares the same run. */
export async function openDelegate(
  deps: ActivityDependencies,
  input: OpenDelegateInput,
): ReturnType<Activities['openDelegate']> {
  const { runId, tenantId, step } = input;
  const steps = await StepJournal.begin(deps, input);
  try {
    const run = await deps.store.getRun(tenantId, runId);
    if (run === null) throw new PerdureError('run_not_found', `there is no run ${runId}`);
    return await prepare(deps, input, run);
  } catch (thrown) {
    const error = toolError(thrown);
    if (isOutage(error)) throw error;
    if (error.code === 'run_limit_reached') {
      const past = await deps.log.find(
        runId,
        Array.from({ length: MAX_ATTEMPTS - 1 }, (_, i) => stepKeys.retrying(step.id, i + 1)),
      );
      const attempt = past.length + 1;
      if (attempt < MAX_ATTEMPTS) {
        await steps.noteRetry(attempt, error);
        throw retryLater(error, attempt);
      }
    }
    await steps.fail(1, error.toInfo());
    throw error;
  }
}

async function prepare(
  deps: ActivityDependencies,
  input: OpenDelegateInput,
  parent: RunRecord,
): Promise<Delegate> {
  const { runId, tenantId, step, approvals = 'never' } = input;
  const depth = parent.origin?.kind === 'delegate' ? parent.origin.depth + 1 : 1;
  if (depth > MAX_DEPTH)
    throw new PerdureError('tool_invalid_args', `sub-agents are ${MAX_DEPTH} deep already`);
  const { args } = await stepCall(deps, input);
  const delegated = deps.delegation.check(parent.agent, args);
  const { goal, agent, plan, data, files, budget } = delegated;
  // No less than the run above, nor than its agent, nor than any run whose plan a model makes.
  const policy = policyOfRun(
    { approvals: parent.settings?.approvals, plan },
    stricterPolicy(approvals, delegated.approvals),
  );
  const run: NewRun = {
    id: childIdOf(runId, step.id),
    tenantId,
    goal,
    agent,
    metadata: parent.metadata,
    requestHash: null,
    origin: { kind: 'delegate', runId, stepId: step.id, depth },
    ...(parent.settings === null ? {} : { settings: parent.settings }),
    ...(budget === undefined ? {} : { budget }),
    createdAt: now(),
  };
  if ((await deps.admit?.(tenantId, run.id)) === false)
    throw new PerdureError('run_limit_reached', 'no more runs of this tenant may be open');
  const scope = { tenantId, runId: run.id };
  for (const file of files) {
    const path = workspacePath(file);
    const { content } = await deps.workspace.get({ tenantId, runId }, path);
    await deps.workspace.put(scope, path, content);
  }
  // Before its workflow is: whoever looks at the tree sees it from the start.
  await deps.store.createRun(run);
  return {
    ...{ run, plan, inputsData: data === undefined ? null : { value: data } },
    ...(policy === undefined ? {} : { approvals: policy }),
  };
}

/** Takes over what has come of it. */
export async function completeDelegate(
  deps: ActivityDependencies,
  input: CompleteDelegateInput,
): ReturnType<Activities['completeDelegate']> {
  const { tenantId, step, childId } = input;
  const journal = new Journal(deps, input);
  await journal.append();
  const child = await deps.store.getRun(tenantId, childId);
  const value = { runId: childId, result: child?.result ?? null };
  const output = await storeOutput(deps.workspace, input, outputPath(step.id, 1), value);
  const took = child?.startedAt == null ? 0 : Date.now() - Date.parse(child.startedAt);
  return new StepJournal(deps, input, journal).complete(1, { output, durationMs: Math.max(0, took) });
}

/** The same for whoever asks again: a UUID of the form that names may have (version 8, RFC 9562). */
function childIdOf(runId: string, stepId: string): string {
  const hex = createHash('sha256').update(`${runId}/${stepId}`).digest('hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
