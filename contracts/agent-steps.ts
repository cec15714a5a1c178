/** A step that is an agent: the questions to its model, and the calls that it asks for, as activities are told of them. */
import type { ErrorInfo } from './errors.js';
import type { NewEvent } from './events.js';
import type { Approved } from './messages.js';
import type { JsonValue, PlanStep } from './plan.js';
import type { RunScope } from './run-scope.js';
import type { Spent } from './spent.js';
import type { StepCompleted, StepOutOfReach, StepUncertain } from './step-ends.js';
import type { CallPhase, CallWanted } from './tool-calls.js';

/** A step that is an agent, after it was opened. */
export interface AgentStepScope extends RunScope {
  step: Pick<PlanStep, 'id' | 'tool' | 'title' | 'onFailure'>;
  /** As in RunToolInput. */
  dependants?: string[];
  /** Answers of its model, this one included. */
  turn: number;
}

/** What the model asks for; its arguments stay in the workspace. */
export interface AgentCall {
  index: number;
  tool: string;
  /** Of tool and arguments. */
  hash: string;
  effect: 'read' | 'reversible' | 'irreversible';
  timeoutSeconds: number;
  /** Why a person is asked before, whatever the tool's effect is. */
  ask?: string;
  /** Whether it was made already, in an execution before this one. */
  made?: true;
}

export type AgentTurnResult = {
  /** As in ToolStepResult. */
  unsent: NewEvent[];
  spent: Spent;
} & (StepCompleted | { status: 'open'; calls: AgentCall[] });

export interface AgentCallInput extends AgentStepScope, CallPhase {
  index: number;
  /** Where a person was asked: what they have approved, or why they did not. */
  approved?: Approved;
  denied?: ErrorInfo;
  /** The attempt of which a person has said that it has not acted. */
  hasNotActed?: number;
  /** A person has said that it has acted, and what it put out. */
  acted?: { output: JsonValue };
}

/** Of one call: its outcome is kept for the model; or it is irreversible, and nobody knows what it did. */
export type AgentCallResult = {
  /** As in ToolStepResult. */
  unsent: NewEvent[];
} & ({ status: 'told' } | StepUncertain | StepOutOfReach | CallWanted);
