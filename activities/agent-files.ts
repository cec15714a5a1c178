/**
 * The conversation of a step that is an agent, in the workspace and never in Temporal's history: each answer and each
 * outcome is a file of its own.
 */
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { AgentTask, AgentTurn, CallOutcome } from '../src/ports/step-agent.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import { KeptFiles } from './kept-files.js';

/** An answer as it was kept. */
export interface KeptAnswer {
  turn: Omit<AgentTurn, 'outcomes'>;
  output: JsonValue | null;
}

export class AgentFiles {
  private readonly files: KeptFiles;

  constructor(workspace: Workspace, scope: WorkspaceScope, stepId: string) {
    this.files = new KeptFiles(workspace, scope, `agents/${stepId}`);
  }

  keepTask(task: AgentTask): Promise<AgentTask> {
    return this.files.keep('task', task);
  }

  async task(): Promise<AgentTask> {
    const task = await this.files.load<AgentTask>('task');
    if (task === null) throw new PerdureError('internal', 'the step has no task that it could carry out');
    return task;
  }

  /** @returns the answer that was kept first */
  keepAnswer(turn: number, answer: KeptAnswer): Promise<KeptAnswer> {
    return this.files.keep(`answer-${turn}`, answer);
  }

  answer(turn: number): Promise<KeptAnswer | null> {
    return this.files.load(`answer-${turn}`);
  }

  keepOutcome(turn: number, index: number, outcome: CallOutcome): Promise<CallOutcome> {
    return this.files.keep(`outcome-${turn}-${index}`, outcome);
  }

  outcome(turn: number, index: number): Promise<CallOutcome | null> {
    return this.files.load(`outcome-${turn}-${index}`);
  }

  /** That an attempt at an irreversible call has ended without an act. */
  async keepNotActed(turn: number, index: number, attempt: number): Promise<void> {
    await this.files.keep(`unacted-${turn}-${index}-${attempt}`, true);
  }

  async hasNotActed(turn: number, index: number, attempt: number): Promise<boolean> {
    return (await this.files.load(`unacted-${turn}-${index}-${attempt}`)) !== null;
  }

  /** The turns before this one. */
  async past(turn: number): Promise<AgentTurn[]> {
    return Promise.all(
      Array.from({ length: turn - 1 }, async (_, i) => {
        const kept = await this.answer(i + 1);
        if (kept === null) throw new PerdureError('internal', `the answer ${i + 1} of the step is gone`);
        const outcomes = await Promise.all(kept.turn.calls.map((_call, n) => this.outcome(i + 1, n)));
        return { ...kept.turn, outcomes: outcomes.filter((outcome) => outcome !== null) };
      }),
    );
  }
}

/** What the model has asked for. @throws PerdureError `tool_invalid_args` where its arguments are no object */
export async function callOf(
  files: AgentFiles,
  { turn, index }: { turn: number; index: number },
): Promise<{ tool: string; args: Record<string, JsonValue> }> {
  const call = (await files.answer(turn))?.turn.calls[index];
  if (call === undefined) throw new PerdureError('internal', `the answer ${turn} has no call ${index}`);
  const { tool, args } = call;
  if (typeof args === 'object' && args !== null && !Array.isArray(args)) return { tool, args };
  throw new PerdureError('tool_invalid_args', 'the arguments must be a JSON object');
}
