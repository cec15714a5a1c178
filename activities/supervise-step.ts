/** A decision that takes an activity of its own, for a model is asked. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { SuperviseInput, SuperviseResult } from '../contracts/activities.js';
import type { ActivityDependencies } from './dependencies.js';
import { messagesOf } from './run-messages.js';
import { Journal, now, stepKeys } from './journal.js';
import { notingCalls, pastCalls, Spending } from './spending.js';

/** Calls that one attempt makes: the second mends what the first said. */
const MAX_CALLS = 2;

/** Done again, it answers what it decided first. */
export async function superviseStep(
  deps: ActivityDependencies,
  { step, error, dependants, ...scope }: SuperviseInput,
): Promise<SuperviseResult> {
  const { runId, tenantId } = scope;
  const journal = new Journal(deps, scope);
  // What could not be stored may be the very end that is to be judged.
  await journal.append();
  const key = stepKeys.supervised(step.id);
  const { attempt: tries } = activityInfo();
  const callKey = (tried: number, call: number): string => `step/${step.id}/supervisor/${tried}/${call}`;
  const past = tries > 1 ? await deps.log.find(runId, [key, ...pastCalls(callKey, tries, MAX_CALLS)]) : [];
  const spending = new Spending(past);
  const before = past.find(({ type }) => type === 'supervisor.decided');
  if (before?.type === 'supervisor.decided')
    return { decision: before.decision, reason: before.reason, spent: spending.total };
  const decided = await deps.supervisor.decide(
    { step, error, dependants },
    {
      tries,
      signal: cancellationSignal(),
      async load() {
        const run = await deps.store.getRun(tenantId, runId);
        if (run === null) return null;
        const [end] = await deps.log.find(runId, [stepKeys.end(step.id)]);
        const output = end?.type === 'step.completed' || end?.type === 'step.reused' ? end.output : null;
        const { goal, agent, plan } = run;
        return { goal, agent, plan, output, messages: await messagesOf(deps.log, runId) };
      },
      onUsage: notingCalls(journal, spending, {
        role: 'supervisor',
        key: (call) => callKey(tries, call),
        of: { stepId: step.id },
      }),
    },
  );
  const rows = await journal.append({
    type: 'supervisor.decided',
    key,
    at: now(),
    stepId: step.id,
    data: decided,
  });
  const event = rows.find((row) => row.key === key)?.event;
  const { decision, reason } = event?.type === 'supervisor.decided' ? event : decided;
  return { decision, reason, spent: spending.total };
}
