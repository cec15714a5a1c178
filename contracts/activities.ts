/** The activities' interface: what workflows call and workers implement. Payloads stay small. */
import type { Spent } from './spent.js';
import type { ApprovalPolicy } from './approvals.js';
import type { ErrorInfo } from './errors.js';
import type { NewEvent } from './events.js';
import type { Approved, ReusedSteps, StepTimer } from './messages.js';
import type { JsonValue, Plan, PlanStep } from './plan.js';
import type { NewRun } from './runs.js';
import type { SupervisorDecision } from './statuses.js';
import type { CallPhase, CallWanted } from './tool-calls.js';

/** What every activity of a run is told. */
export interface RunScope {
  runId: string;
  tenantId: string;
  /** Who carries the run out, by name: it says who judges its steps. */
  agent: string;
  /** Events that an earlier append could not store; this activity's first append takes them along. */
  unsent: NewEvent[];
}

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

/** A model's answer cannot be used, and is kept: another call, with a place of its own in the budget, may mend it. */
export interface ToMend {
  toMend: true;
  spent: Spent;
}

/** What rules say of a step's end; null where a supervisor must be asked by an activity of its own. */
export type Decision = 'continue' | 'stop' | null;

/** A step whose tool completed it. */
export interface StepCompleted {
  status: 'completed';
  decision: Decision;
}

/**
 * The tool asks to be completed later: the workflow holds the timer, no activity sleeps. A duration counts
 * from when the workflow hears of it, for the clocks of workers may differ from Temporal's.
 */
export interface StepDeferred {
  status: 'deferred';
  attempt: number;
  wait: { seconds: number } | { until: string };
}

/** An irreversible tool was begun, and nothing tells whether it has acted: a person decides. */
export interface StepUncertain {
  status: 'uncertain';
  attempt: number;
  /** In a few words, for a sentence. */
  why: string;
}

/** The tool wants to call an address that a model has chosen and nobody has named: a person is asked. */
export interface StepOutOfReach {
  status: 'out of reach';
  /** With the address, for whoever decides. */
  why: string;
}

/** How a tool step ended, unless it failed. */
export type ToolStepResult = {
  /** Events that are still not stored: the workflow hands them to the next activity. */
  unsent: NewEvent[];
} & (StepCompleted | StepDeferred | StepUncertain | StepOutOfReach | CallWanted);

export interface CarryOutInput extends RunScope {
  /** What planRun would be told; null when the run has begun. */
  begin: Omit<PlanRunInput, keyof RunScope> | null;
  /** Each after those that it waits for. */
  steps: Omit<RunToolInput, keyof RunScope>[];
  /** What finishRun would be told, for when all of these steps have completed; null when more follows. */
  finish: Omit<FinishRunInput, keyof RunScope> | null;
}

/** How far one step came. */
export type StepEnd =
  | StepCompleted
  | StepDeferred
  | { status: 'failed'; error: ErrorInfo; decision: Decision }
  /** It did not succeed and may be tried again, as an activity of its own. */
  | { status: 'handed back' }
  /** Not begun: it waits for another, or there was no time. */
  | { status: 'open' };

export interface CarryOutResult {
  begun: boolean;
  /** One for each step. */
  ends: StepEnd[];
  /** How the run has ended by its log; null while its end is not written. */
  ended: RunEnd | null;
  /** As in ToolStepResult. */
  unsent: NewEvent[];
}

/** The first detail of a failed activity that has asked a model. */
export interface SpentInVain {
  spent: Spent;
}

/**
 * A failed step fails its activity, so that the Temporal Web UI shows it as what it is; one that was stopped
 * is cancelled. Its end is in the journal already: this, the first of the failure's details, says so and
 * brings what a result would.
 */
export interface JournalledFailure {
  journalled: true;
  error: ErrorInfo;
  decision: Decision;
  unsent: NewEvent[];
  /** As SpentInVain. */
  spent?: Spent;
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

export interface SuperviseInput extends RunScope {
  step: Pick<PlanStep, 'id' | 'onFailure'>;
  /** Null when the step completed. */
  error: ErrorInfo | null;
  /** Steps that wait for this one, directly or not. */
  dependants: string[];
  /** Counts from 1: a supervisor is asked again after a person's answer, or when its change cannot be made. */
  round?: number;
  /** What people have answered, in the order in which they were asked. */
  answers?: { question: string; answer: JsonValue }[];
  /** Why the change that it wanted in the round before cannot be made. */
  refused?: string;
  /** Whether its answer of before, in this round, is to be mended. */
  mending?: true;
  /** Why no model is asked, in words: rules decide. */
  byRules?: string;
}

/** What a supervisor says, and why. */
export interface Judgement {
  decision: SupervisorDecision;
  reason: string;
  /** Of a new plan: steps that are put in or changed, and ids of those that are taken out. Of a retry: the step anew. */
  steps?: PlanStep[];
  remove?: string[];
  /** To a person. */
  question?: string;
}

export interface SuperviseResult extends Judgement {
  spent: Spent;
  /** Of tool, resolved arguments and result: the same twice is the same done twice. */
  signature?: string;
  /** What its agent lets it do in one run. */
  limits?: { maxChanges: number; maxSteps: number };
}

export type RunOutcome =
  | { status: 'completed'; resultSteps: string[] }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'cancelled'; reason: string | null };

/** How the run has ended by the log, whose first word counts: a workflow task that is done again may mean another. */
export type RunEnd = { status: 'completed' | 'cancelled' } | { status: 'failed'; error: ErrorInfo };

export interface FinishRunInput extends RunScope {
  run: NewRun;
  outcome: RunOutcome;
  /** Steps that have begun and were stopped with the run. */
  openSteps: string[];
  /** Of these, the ones of which nobody has said whether they acted. */
  uncertainSteps?: string[];
  /** Whether a model has brought the result into its shape. */
  mended?: true;
}

export interface MendResultInput extends RunScope {
  run: NewRun;
  resultSteps: string[];
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
