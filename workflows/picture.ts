/** The plan's progress as Markdown, for the Temporal Web UI's current details. */
import { setCurrentDetails } from '@temporalio/workflow';
import type { PlanStep } from '../contracts/plan.js';
import { summaryOf } from '../contracts/summary.js';
import type { RunState } from './run-state.js';
import type { StepStatus } from './step-node.js';

const MAX_LINES = 40;
const marks: Record<StepStatus, string> = {
  completed: '✅',
  running: '▶️',
  waiting: '⏲️',
  failed: '❌',
  skipped: '⏭️',
  asking: '🙋',
  reviewing: '🙋',
  uncertain: '❓',
  pending: '⬜',
};

/** Large plans are redrawn at every so many-th change only. */
const DRAWINGS = 200;

/** Keeps the picture in step with the state. */
export class Drawing {
  private changes = 0;

  constructor(
    private readonly goal: string,
    private readonly state: RunState,
  ) {}

  change(): void {
    const every = Math.ceil(this.state.size / DRAWINGS);
    if (this.changes % every === 0) setCurrentDetails(this.picture());
    this.changes += 1;
  }

  picture(): string {
    return picture(this.goal, this.state);
  }
}

/** Most telling first, where not all steps fit. */
const telling: StepStatus[] = [
  ...(['failed', 'uncertain', 'asking', 'reviewing', 'running', 'waiting'] as const),
  ...(['skipped', 'pending', 'completed'] as const),
];

/** With the goal, for the summary that Temporal shows is not carried to the next execution. */
export function picture(goal: string, state: RunState): string {
  const steps = state.steps();
  const shown = steps.length <= MAX_LINES ? steps : mostTelling(steps);
  const head = telling
    .filter((status) => state.count(status) > 0)
    .map((status) => `${state.count(status)} ${status}`)
    .join(', ');
  const lines = shown.map(({ step, status, note }) => {
    const said = note === undefined ? status : `${status}: ${summaryOf(note)}`;
    return `- ${marks[status]} ${summaryOf(label(step))} (${said})`;
  });
  if (shown.length < steps.length) lines.push(`- … and ${steps.length - shown.length} more`);
  const done = `**${state.count('completed')} of ${steps.length} steps done**: ${head}`;
  return [summaryOf(goal), done, lines.join('\n')].join('\n\n');
}

function mostTelling<T extends { status: StepStatus }>(steps: readonly T[]): T[] {
  return telling.flatMap((status) => steps.filter((s) => s.status === status)).slice(0, MAX_LINES);
}

/** "tool: title", or "tool: id" of a step without a title. */
export const label = (step: PlanStep): string => `${step.tool}: ${step.title ?? step.id}`;
