/** A step that is an agent: what it may do, and what its model says next. Loops, files and events are the caller's. */
import type { ModelUsage } from '../../contracts/models.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { ToolCall } from './model.js';

export interface AgentTask {
  /** Who carries it out, by name. */
  agent: string;
  /** Of the step, references resolved. */
  args: Record<string, JsonValue>;
}

/** What came of one call. */
export type CallOutcome = ({ output: string } | { error: { code: string; message: string } }) & {
  /** Where a person has changed them. */
  args?: Record<string, JsonValue>;
};

/** One answer of the model, and what became of what it asked for. */
export interface AgentTurn {
  text: string;
  calls: ToolCall[];
  /** Why the answer cannot be used. */
  wrong?: string[];
  /** One for each call. */
  outcomes: CallOutcome[];
}

export interface AgentAnswer {
  turn: Omit<AgentTurn, 'outcomes'>;
  /** The step's output, where the answer is its end. */
  output: JsonValue | null;
  usage: ModelUsage;
}

export interface StepAgent {
  /** @throws PerdureError `unknown_agent`, `tool_invalid_args` for a tool that it must not have */
  open(task: AgentTask): { maxTurns: number; tools: readonly string[] };
  /** Asks once. @throws PerdureError `model_...`, as `open`, or the signal's reason */
  answer(
    task: AgentTask,
    past: readonly AgentTurn[],
    told: {
      /** What people have told the run, the newest last. */
      messages: readonly string[];
      signal: AbortSignal;
      onText: (piece: string | null) => void;
      /** As of a Model. */
      onBroken: () => void;
    },
  ): Promise<AgentAnswer>;
}
