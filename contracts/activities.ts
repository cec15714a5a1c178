/** The activities' interface: what workflows call and workers implement. Payloads stay small. */
import type { AgentCallInput, AgentCallResult, AgentStepScope, AgentTurnResult } from './agent-steps.js';
import type { ApprovalPolicy } from './approvals.js';
import type { ErrorInfo } from './errors.js';
import type { NewEvent } from './events.js';
import type { SuperviseInput, SuperviseResult } from './judgements.js';
import type { Approved, ReusedSteps, StepTimer } from './messages.js';
import type { JsonValue, Plan, PlanStep } from './plan.js';
import type { FinishRunInput, MendResultInput, RunEnd } from './run-endings.js';
import type { RunScope } from './run-scope.js';
import type { NewRun } from './runs.js';
import type { Spent, ToMend } from './spent.js';
import type { Decision, StepCompleted, StepEnd, ToolStepResult } from './step-ends.js';
import type { CallPhase } from './tool-calls.js';

export interface PlanRunInput extends RunScope {
  run: NewRun;
  /** Whether the model's answer of before is to be mended. */
  mending?: true;
  /** The plan given in the request, or null to have one made from the goal. */
  plan: Plan | null;
  /** Kept in the workspace from here on, so that no later payload carries it. */
  inputsData: { value: JsonValue } | null;
}

/** The beginning of a run that goes on from another one. */
export interface ReuseRunInput extends RunScope {
  run: NewRun;
  plan: Plan | null;
  reused: ReusedSteps;
}

export interface RunToolInput extends RunScope, CallPhase {
  step: PlanStep;
  /** Where a person was asked: what they have approved. */
  approved?: Approved;
  /** The attempt of which a person has said that it has not acted: an irreversible tool may be called after it. */
  hasNotActed?: number;
  /** For the words of a decision: some of the steps that wait for this one, directly or not. */
  dependants?: string[];
}

/** A step that is handed on. */
export interface OpenDelegateInput extends RunToolInput {
  /** What this run needs a person's word for. */
  approvals?: ApprovalPolicy;
}

/** The run of a sub-agent, ready to be started. */
export interface Delegate {
  run: NewRun;
  /** Null to have one made. */
  plan: Plan | null;
  inputsData: { value: JsonValue } | null;
  approvals?: ApprovalPolicy;
}

export interface CompleteDelegateInput extends Omit<AgentStepScope, 'turn'> {
  childId: string;
}

export interface RequestApprovalInput extends RunScope {
  approvalId: string;
  /** The step that waits; null for the plan. */
  step: PlanStep | null;
  /** What the step's model asks for, where that is what waits. */
  call?: { turn: number; index: number };
  reason: 'policy' | 'step' | 'outcome_unknown' | 'supervisor';
  /** What the supervisor wants to know, where that is what waits. */
  question?: string;
  /** What the tool was given, where that is not what the plan says. */
  approved?: Approved;
  /** For whoever decides; that of the plan's step unless told. */
  note?: string;
  /** ISO 8601. */
  expiresAt: string | null;
}

export interface CarryOutInput extends RunScope {
  /** What planRun would be told; null when the run has begun. */
  begin: Omit<PlanRunInput, keyof RunScope> | null;
  /** Each after those that it waits for. */
  steps: Omit<RunToolInput, keyof RunScope>[];
  /** What finishRun would be told, for when all of these steps have completed; null when more follows. */
  finish: Omit<FinishRunInput, keyof RunScope> | null;
}

export interface CarryOutResult {
  begun: boolean;
  /** One for each step. */
  ends: StepEnd[];
  /** How the run has ended by its log; null while its end is not written. */
  ended: RunEnd | null;
  /** As in ToolStepResult. */
  unsent: NewEvent[];
}

export interface CompleteDeferredInput extends RunScope {
  stepId: string;
  timer: StepTimer;
}

export interface CompleteByWordInput extends RunScope {
  stepId: string;
  attempt: number;
  output: JsonValue;
}

export interface FailStepInput extends RunScope {
  step: Pick<PlanStep, 'id' | 'onFailure'>;
  error: ErrorInfo;
  dependants: string[];
}

export interface Activities {
  /**
   * Asks a person: resolves the arguments of the step and journals what is asked. Done again, it asks nothing new.
   * @returns of what was asked; an error where the arguments cannot be resolved
   */
  requestApproval(input: RequestApprovalInput): Promise<{ argsHash: string } | { error: ErrorInfo }>;
  /** Stores the unsent events, and does nothing else. */
  recordEvents(input: RunScope): Promise<void>;
  /**
   * Creates the record where the API could not, has a plan made where none was given, and writes
   * run.started and plan.created. It asks a model once.
   * @returns the plan that was made; null when it is the given one
   */
  planRun(input: PlanRunInput): Promise<{ plan: Plan | null; spent: Spent } | ToMend>;
  /**
   * Writes run.started and plan.created, copies the files of the run that this one goes on from, and gives the steps
   * that are reused their ends. Done again, it goes on where it was.
   */
  reuseRun(input: ReuseRunInput): Promise<void>;
  /**
   * Runs one step's tool and journals it; done again, it repeats no completed tool. Where others make the call, it says
   * so, and goes on when it is told what became of that.
   * @throws ApplicationFailure whose first detail is a JournalledFailure
   */
  runTool(input: RunToolInput): Promise<ToolStepResult>;
  /**
   * Does in one go, within a workflow task, what takes milliseconds each: the run's beginning, quick steps one
   * after the other, its end. Each step is journalled before it acts and after it has, as by runTool; what was
   * not done is for the activities that do one thing each. Throws nothing that tells of a step.
   */
  carryOut(input: CarryOutInput): Promise<CarryOutResult>;
  /**
   * Journals the start of a step that is an agent, and keeps its task in the workspace. Done again, it does nothing.
   * @throws as runTool
   */
  openAgentStep(input: RunToolInput): Promise<{ maxTurns: number }>;
  /**
   * Asks the step's model once, and journals the step's end where its answer is the end. Done again, it answers what
   * it was told first.
   * @throws as runTool
   */
  takeAgentTurn(input: AgentStepScope): Promise<AgentTurnResult>;
  /** Makes one call that the model has asked for, and journals it; done again, it repeats none. @throws as runTool */
  makeAgentCall(input: AgentCallInput): Promise<AgentCallResult>;
  /**
   * Journals the start of a step that is handed on, and makes the record of the sub-agent's run.
   * @throws as runTool
   */
  openDelegate(input: OpenDelegateInput): Promise<Delegate>;
  /** Journals the end of a step whose sub-agent has completed. */
  completeDelegate(input: CompleteDelegateInput): Promise<StepCompleted & { unsent: NewEvent[] }>;
  /** Journals the end of a step whose tool asked for a durable timer. */
  completeDeferred(input: CompleteDeferredInput): Promise<Decision>;
  /** Journals the end of a step of which a person has said what it put out. */
  completeByWord(input: CompleteByWordInput): Promise<Decision>;
  /**
   * Journals the end of a step whose tool activity broke down.
   * @returns how the step ended by the journal, where its tool may have been quicker; error null when it completed
   */
  failStep(input: FailStepInput): Promise<{ error: ErrorInfo | null; decision: Decision }>;
  /** Asks a model once. Done again, it answers what it decided first. */
  superviseStep(input: SuperviseInput): Promise<SuperviseResult | ToMend>;
  /**
   * Writes the run's terminal event, and before it the end of each step that was stopped.
   * @returns `misshapen`, and nothing is written, where the result is not of the shape that the run's agent promises
   */
  finishRun(input: FinishRunInput): Promise<RunEnd | { status: 'misshapen' }>;
  /** Asks a model once to bring the result into that shape. @returns the error of one that cannot be mended */
  mendResult(input: MendResultInput): Promise<{ error: ErrorInfo | null; spent: Spent }>;
}
