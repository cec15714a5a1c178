/** Checks of a plan that a schema cannot make: ids, dependencies, cycles, references, tools. */
import { asksFor } from './asking.js';
import type { FieldError } from './errors.js';
import { fieldError, type Path, type PathError } from './field-errors.js';
import { DELEGATE_TOOL } from './loop-tools.js';
import type { JsonValue, Plan, PlanStep } from './plan.js';
import { findReferences, readPath } from './references.js';

/** The arguments in which references are this plan's: those of a plan that is handed on are that plan's own. */
export function referringArgs({ tool, args }: Pick<PlanStep, 'tool' | 'args'>): PlanStep['args'] {
  if (tool !== DELEGATE_TOOL) return args;
  const { plan: _handedOn, ...own } = args;
  return own;
}

/** The steps a step waits for: those it names, and those its args refer to. */
export function dependenciesOf(step: PlanStep): string[] {
  const referred = findReferences(referringArgs(step)).flatMap(({ reference }) =>
    reference.source === 'steps' && reference.stepId !== undefined ? [reference.stepId] : [],
  );
  return [...new Set([...(step.dependsOn ?? []), ...referred])];
}

/**
 * All that is wrong with a plan, empty when it can run.
 * @param checkArgs the tool registry's word on a step's args, its paths beginning below them; undefined
 *   names an unknown tool
 */
export function checkPlan(
  plan: Plan,
  inputsData: JsonValue | undefined,
  checkArgs: (tool: string, args: Record<string, JsonValue>) => PathError[] | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = (path: Path, message: string): void => {
    errors.push(fieldError({ path: ['plan', 'steps', ...path], message }));
  };
  const positions = new Map<string, number>();
  plan.steps.forEach((step, i) => {
    const first = positions.get(step.id);
    if (first === undefined) positions.set(step.id, i);
    else wrong([i, 'id'], `"${step.id}" is already the id of plan.steps[${first}]`);
  });
  plan.steps.forEach((step, i) => {
    (step.dependsOn ?? []).forEach((id, j) => {
      if (!positions.has(id)) wrong([i, 'dependsOn', j], `there is no step "${id}" in this plan`);
    });
    for (const { path, reference } of findReferences(referringArgs(step))) {
      const message = referenceProblem(reference, positions, inputsData);
      if (message !== undefined) wrong([i, 'args', ...path], `${reference.raw}: ${message}`);
    }
    const argErrors = checkArgs(step.tool, step.args);
    if (argErrors === undefined) wrong([i, 'tool'], `there is no tool "${step.tool}"`);
    else for (const { path, message } of argErrors) wrong([i, 'args', ...path], message);
    // Who writes a plan, a model for instance, must not speak for whom it asks.
    const asked = asksFor(step.tool);
    if (asked !== undefined && Object.hasOwn(step.args, 'answer'))
      wrong(
        [i, 'args', 'answer'],
        `must not be given: ${asked === 'question' ? 'a person answers it' : 'it comes with the event'}`,
      );
  });
  if (errors.length === 0) {
    const cycle = findCycle(plan);
    if (cycle !== undefined)
      wrong(
        [positions.get(cycle[0] ?? '') ?? 0, 'dependsOn'],
        `the steps wait for each other: ${cycle.join(' -> ')}`,
      );
  }
  return errors;
}

function referenceProblem(
  reference: ReturnType<typeof findReferences>[number]['reference'],
  positions: ReadonlyMap<string, number>,
  inputsData: JsonValue | undefined,
): string | undefined {
  if (reference.source === 'inputs') {
    if (reference.path[0] !== 'data') return 'a reference to the inputs begins with inputs.data';
    return readPath(inputsData, reference.path.slice(1)) === undefined
      ? 'inputs.data has no such value'
      : undefined;
  }
  if (!positions.has(reference.stepId ?? ''))
    return `there is no step "${reference.stepId ?? ''}" in this plan`;
  return reference.path[0] === 'output' ? undefined : 'a reference to a step reads steps.ID.output';
}

/** A cycle as the ids along it, the first again at the end; undefined when there is none (Kahn, 1962). */
export function findCycle(plan: Plan): string[] | undefined {
  const waits = new Map(plan.steps.map((s) => [s.id, dependenciesOf(s)]));
  const open = new Map([...waits].map(([id, deps]) => [id, deps.length]));
  const dependants = new Map<string, string[]>();
  for (const [id, deps] of waits) for (const d of deps) dependants.set(d, [...(dependants.get(d) ?? []), id]);
  const ready = [...open].filter(([, n]) => n === 0).map(([id]) => id);
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    open.delete(id);
    for (const d of dependants.get(id) ?? []) {
      const left = (open.get(d) ?? 0) - 1;
      open.set(d, left);
      if (left === 0) ready.push(d);
    }
  }
  const start = [...open.keys()][0];
  if (start === undefined) return undefined;
  // Every step left waits for another step left: walk until one comes again.
  const path = [start];
  for (;;) {
    const next = (waits.get(path.at(-1) ?? '') ?? []).find((d) => open.has(d)) ?? start;
    const seen = path.indexOf(next);
    if (seen >= 0) return [...path.slice(seen), next];
    path.push(next);
  }
}
