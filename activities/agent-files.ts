/**
 * The conversation of a step that is an agent, in the workspace and never in Temporal's history. Each answer and each
 * outcome is a file of its own, written once: of two attempts at the same, the first word counts.
 */
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { AgentTask, AgentTurn, CallOutcome } from '../src/ports/step-agent.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import { loadJson } from './step-output.js';

/** An answer as it was kept. */
export interface KeptAnswer {
  turn: Omit<AgentTurn, 'outcomes'>;
  output: JsonValue | null;
}

export class AgentFiles {
  private readonly folder: string;

  constructor(
    private readonly workspace: Workspace,
    private readonly scope: WorkspaceScope,
    stepId: string,
  ) {
    this.folder = `${SYSTEM_FOLDER}/agents/${stepId}`;
  }

  keepTask(task: AgentTask): Promise<AgentTask> {
    return this.keep('task', task);
  }

  async task(): Promise<AgentTask> {
    const task = await this.load<AgentTask>('task');
    if (task === null) throw new PerdureError('internal', 'the step has no task that it could carry out');
    return task;
  }

  /** @returns the answer that was kept first */
  keepAnswer(turn: number, answer: KeptAnswer): Promise<KeptAnswer> {
    return this.keep(`answer-${turn}`, answer);
  }

  answer(turn: number): Promise<KeptAnswer | null> {
    return this.load(`answer-${turn}`);
  }

  keepOutcome(turn: number, index: number, outcome: CallOutcome): Promise<CallOutcome> {
    return this.keep(`outcome-${turn}-${index}`, outcome);
  }

  outcome(turn: number, index: number): Promise<CallOutcome | null> {
    return this.load(`outcome-${turn}-${index}`);
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

  private async keep<Value>(name: string, value: Value): Promise<Value> {
    const path = this.path(name);
    const isFirst = await this.workspace.create(this.scope, path, JSON.stringify(value));
    return isFirst ? value : ((await loadJson(this.workspace, this.scope, path)) as Value);
  }

  private async load<Value>(name: string): Promise<Value | null> {
    const path = this.path(name);
    if ((await this.workspace.stat(this.scope, path)) === null) return null;
    return (await loadJson(this.workspace, this.scope, path)) as Value;
  }

  private path(name: string): string {
    return `${this.folder}/${name}.json`;
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
