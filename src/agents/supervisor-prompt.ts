/** What the supervisor's model is told: what it may decide, and what has come of a step. */
import type { Agent } from '../../contracts/agents.js';
import type { ToolDescription } from '../../contracts/api.js';
import type { PlanStep } from '../../contracts/plan.js';
import type { StepToJudge } from '../ports/supervisor.js';
import type { LoadedRun } from './supervisor-answer.js';
import { toldTools } from './told-tools.js';
import { toldMeanwhile } from './told.js';
import { asData, dataRule } from './untrusted.js';

const MAX_CHARACTERS = 8_000;
/** Of the plan. */
const MAX_PLAN_CHARACTERS = 30_000;
/** Steps of the plan that it is told of. */
export const MAX_TOLD_STEPS = 200;

export const supervisorInstructions = (
  { instructions, supervision }: Agent,
  tools: readonly ToolDescription[],
): string =>
  [
    'You supervise a run that carries out a plan. After each step you decide how it goes on.',
    ...(instructions === '' ? [] : [`The agent that runs it was told:\n${instructions}`]),
    `Answer with one JSON object and nothing else: {"decision": ..., "reason": "a sentence for people", ...}. The decisions:
- "continue" lets the run go on. After a step that failed this skips the steps that depend on it.
- "retry" does the step again. "args" are other arguments, whole; without them it is done as before. Steps that wait for it
  wait for the new try.
- "replan" changes what has not begun: "steps" are put in, or take the place of those with the same id; "remove" lists ids.
  Steps that have begun stay as they are. A step refers to an output of another as "{{steps.ID.output.path}}", and never to
  one that failed.
- "ask" asks a person. "question" is what is asked; you decide again once there is an answer.
- "finish" ends the run as completed: the goal is reached, and what has not begun is not needed.
- "stop" ends the run as failed, at once. Only where going on cannot lead to the goal, or would do harm.
"continue" is right where the plan still leads to the goal. In one run you may change the plan or ask at most
${supervision.maxChanges} times, and add at most ${supervision.maxSteps} steps. What cannot be undone waits for a person.`,
    dataRule,
    toldTools(tools),
  ].join('\n\n');

export function describeEnd(
  { step, error, dependants, answers = [], refused }: StepToJudge,
  { goal, plan, output, statuses, messages }: LoadedRun,
): string {
  const planned = plan?.steps.find(({ id }) => id === step.id);
  const told = (each: PlanStep): string =>
    JSON.stringify({
      ...each,
      status: each.id === step.id ? 'just ended' : (statuses.get(each.id) ?? 'not begun'),
    });
  const steps = (plan?.steps ?? []).slice(0, MAX_TOLD_STEPS).map(told);
  const ended =
    error === null
      ? asData('its output', output === null ? 'null' : JSON.stringify(output), MAX_CHARACTERS)
      : asData('its error', `${error.code}: ${error.message}`, MAX_CHARACTERS);
  return [
    `The goal:\n${goal}`,
    ...toldMeanwhile(messages),
    asData('the steps of the plan', steps.join('\n'), MAX_PLAN_CHARACTERS),
    `The step ${JSON.stringify(step.id)} (${planned?.tool ?? 'unknown tool'}) has ${error === null ? 'completed' : 'failed'}.`,
    ended,
    ...(error === null
      ? []
      : [
          `By the plan a failure of this step means: ${step.onFailure ?? 'stop'}. What depends on it: ${
            dependants.length === 0 ? 'not told' : dependants.join(', ')
          }.`,
        ]),
    ...answers.map(
      ({ question, answer }) =>
        `You asked: ${question}\nA person answered: ${typeof answer === 'string' ? answer : JSON.stringify(answer)}`,
    ),
    ...(refused === undefined ? [] : [`What you decided cannot be done: ${refused}. Decide otherwise.`]),
  ].join('\n\n');
}
