/** What a plan that a model has made may not decide by itself, whatever the model was talked into. */
import type { Agent } from '../../contracts/agents.js';
import { DELEGATE_TOOL } from '../../contracts/loop-tools.js';
import { isNamedHost, settledUrl } from '../../contracts/named-hosts.js';
import { planSchema, type JsonValue, type Plan, type PlanStep } from '../../contracts/plan.js';

/**
 * The plan with a person asked where the model's word is not enough: no time-out approves a step in a person's place,
 * and a step that reads from a host nobody has named waits for a word.
 */
export const guardPlan = (plan: Plan, people: { agent: Pick<Agent, 'hosts'>; goal: string }): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => guardStep(step, people)),
});

/** A plan that the step hands on is the model's, too. */
function handedOn(step: PlanStep, people: Parameters<typeof guardPlan>[1]): PlanStep {
  const plan = step.tool === DELEGATE_TOOL ? planSchema.safeParse(step.args.plan) : undefined;
  return plan?.success === true
    ? { ...step, args: { ...step.args, plan: guardPlan(plan.data, people) as JsonValue } }
    : step;
}

function guardStep(step: PlanStep, { agent, goal }: { agent: Pick<Agent, 'hosts'>; goal: string }): PlanStep {
  const { approval, ...rest } = handedOn(step, { agent, goal });
  if (step.tool === 'http_fetch') {
    const url = settledUrl(step.args.url);
    if (url === undefined)
      return { ...rest, approval: { note: 'Where it reads from is decided by an earlier step.' } };
    if (!isNamedHost(url, { hosts: agent.hosts, texts: [goal] }))
      return {
        ...rest,
        approval: { note: `Neither the goal nor the agent names the host ${url.host}`.slice(0, 500) },
      };
  }
  if (approval === undefined) return rest;
  if (approval === true) return { ...rest, approval };
  const { timeoutSeconds: _, onTimeout: __, ...kept } = approval;
  return { ...rest, approval: Object.keys(kept).length === 0 ? true : kept };
}
