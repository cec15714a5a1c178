/** Names and shapes that the API and the workflow exchange: workflow input, signals, queries, attributes. */
import type { ApprovalPolicy } from './approvals.js';
import type { BudgetLimit } from './budget-limits.js';
import type { Budget, TopUp } from './budgets.js';
import type { Spent } from './spent.js';
import type { ErrorInfo } from './errors.js';
import type { JsonValue, Plan } from './plan.js';
import type { PlanChange } from './plan-change.js';
import type { NewRun } from './runs.js';
import type { NewEvent } from './events.js';

export const AGENT_RUN_WORKFLOW = 'agentRun';
export const CANCEL_SIGNAL = 'cancelRun';
export const PAUSE_SIGNAL = 'pauseRun';
export const RESUME_SIGNAL = 'resumeRun';
export const DECIDE_UPDATE = 'decideApproval';
export const MESSAGE_UPDATE = 'messageRun';
export const PLAN_UPDATE = 'changePlan';
export const ASK_BUDGET_SIGNAL = 'askBudget';
export const GIVE_BUDGET_SIGNAL = 'giveBudget';
export const SETTLE_BUDGET_SIGNAL = 'settleBudget';
export const SNAPSHOT_QUERY = 'snapshot';

export const workflowIdOf = (runId: string): string => `run-${runId}`;
/** Undefined for a workflow that is no run's. */
export const runIdOf = (workflowId: string): string | undefined => /^run-(.+)$/.exec(workflowId)?.[1];

/** Custom search attributes; all are keywords. */
export const searchAttributes = {
  tenantId: 'TenantId',
  agentName: 'AgentName',
  runStatus: 'RunStatus',
} as const;

/** What the workflow must know of a tool to schedule it. */
export interface ToolTraits {
  /** Seconds one attempt may take. */
  timeoutSeconds: number;
  effect: 'read' | 'reversible' | 'irreversible';
  /** Whether it is done within milliseconds and may be carried out within a workflow task. */
  quick: boolean;
}

export interface AgentRunInput {
  run: NewRun;
  /** The plan given in the request; null to have one made. */
  plan: Plan | null;
  /** Null when none was given. Small; the first activity moves it to the workspace. */
  inputsData: { value: JsonValue } | null;
  tools: Record<string, ToolTraits>;
  /** What needs a person's word; unless told, only what the plan's steps ask for. */
  approvals?: ApprovalPolicy;
  /** Of a run that goes on from another one. */
  reused?: ReusedSteps;
  /** Of a sub-agent: the run whose budget it shares. */
  lender?: string;
  /** Present after continue-as-new. */
  carried?: CarriedState;
}

export interface AgentRunResult extends Omit<RunSnapshot, 'running' | 'waiting'> {
  /** Steps that were begun, with those of sub-agents. */
  begun: number;
}

/** What ASK_BUDGET_SIGNAL, GIVE_BUDGET_SIGNAL and SETTLE_BUDGET_SIGNAL bring: of one call of a model. */
export interface BudgetAsked {
  from: string;
  /** Counted from 1 within the run that asks. */
  call: number;
}
export interface BudgetAnswer {
  call: number;
  /** Why not, where it is not given. */
  refused: string | null;
}
export interface BudgetSettled extends BudgetAsked {
  spent: Spent;
}

/** What a run takes over from the one that it goes on from. */
export interface ReusedSteps {
  /** The run. */
  from: string;
  /** As in CarriedSteps: `c` for a step that is reused, `.` for one that is to be done. */
  statuses: string;
}

/** A step whose tool asked to be completed at a time. */
export interface StepTimer {
  /** The attempt of the tool that asked. */
  attempt: number;
  /** ISO 8601, as `until`. */
  startedAt: string;
  until: string;
}

/**
 * Where each step of the plan is, small enough to stand beside a plan of the largest size: steps are named by
 * their position in it.
 */
export interface CarriedSteps {
  /**
   * One letter a step: `c`ompleted, `f`ailed, `s`kipped, `w`aiting, a person is asked about what `r`esulted of it, `b`egun
   * and to go on with, or `.` for still to begin.
   */
  statuses: string;
  /** Of the steps that wait: position, attempt, and `startedAt` and `until` in milliseconds since 1970. */
  timers: [position: number, attempt: number, startedAt: number, until: number][];
  /** How some failures are shown. */
  failures: [position: number, why: string][];
  /** Of the steps that are not as the first version of the plan had them: position, and the version. */
  changed?: [position: number, version: number][];
}

/** What a supervisor has done to a run, so that it comes to an end. */
export interface CarriedSupervision {
  /** Changes of the plan and questions. */
  changes: number;
  /** Steps that it has added. */
  added: number;
  /** How often it has answered the same with a change, by what was done and what came of it. */
  seen: [signature: string, times: number][];
  /** Steps that have ended and are not judged yet. */
  reviews: Review[];
}

/** A step's end that a person is asked about. */
export interface Review {
  stepId: string;
  /** Null when it completed. */
  error: ErrorInfo | null;
  round: number;
  answers: { question: string; answer: JsonValue }[];
}

/** What PLAN_UPDATE brings. */
export interface PlanUpdateRequest extends PlanChange {
  /** The version that it changes; no other. */
  version: number;
  by: string | null;
}

/** What PAUSE_SIGNAL brings. */
export interface PauseRequest {
  /** Who asked; null where callers do not sign in. */
  by: string | null;
  reason: string | null;
  /** Whether it is the run above that is paused: this one is with it. */
  above?: true;
}

/** What RESUME_SIGNAL brings. */
export interface ResumeRequest {
  by: string | null;
  /** Whether it is the run above that goes on: a pause of this one's own stays. */
  above?: true;
  /** Limits that take the place of those before. */
  budget?: TopUp;
}

/** The approval of the plan, by its version: what is changed is asked about anew. */
export const planApproval = (version: number): string => (version === 1 ? 'plan' : `plan-${version}`);
/** @param version of the plan that brought the step as it is */
export const stepApproval = (stepId: string, version = 1): string =>
  version === 1 ? `step-${stepId}` : `changed-${version}-${stepId}`;
/** Of what the supervisor asks a person after the step's end. */
export const supervisorApproval = (stepId: string, round: number): string => `supervisor-${round}-${stepId}`;
/** Of what a step's model asks for. */
export const callApproval = (stepId: string, turn: number, index: number): string =>
  `call-${turn}-${index}-${stepId}`;
/** What became of an attempt of an irreversible tool. */
export const outcomeApproval = (stepId: string, attempt: number): string => `outcome-${attempt}-${stepId}`;
/** The same of a call that a step's model has asked for. */
export const callOutcomeApproval = (stepId: string, turn: number, index: number, attempt: number): string =>
  `outcome-call-${turn}-${index}-${attempt}-${stepId}`;

/** The step that an approval is of; undefined for the plan's. */
export const stepOfApproval = (id: string): string | undefined =>
  /^(?:step|changed-\d+|supervisor-\d+|call-\d+-\d+|outcome-call-\d+-\d+-\d+|outcome-\d+)-(.+)$/.exec(
    id,
  )?.[1];

/** What DECIDE_UPDATE brings. */
export interface DecisionRequest {
  approvalId: string;
  decision: 'approve' | 'deny';
  /** Of what was asked for; null when the caller did not say. */
  argsHash: string | null;
  /** Instead of those that were asked for. */
  args: Record<string, JsonValue> | null;
  /** Of an attempt that has acted: what it put out. */
  output?: { value: JsonValue };
  note: string | null;
  by: string | null;
}

/** Messages that one run takes. */
export const MAX_MESSAGES = 100;
export const messageKey = (number: number): string => `message/${number}`;

/** What MESSAGE_UPDATE brings. */
export interface MessageRequest {
  /** The same for the same message. */
  id: string;
  text: string;
  by: string | null;
}

/** An approval that was asked for and is not decided. */
export interface PendingApproval {
  argsHash: string;
  /** Milliseconds since 1970; null when it waits for ever. */
  expiresAt: number | null;
  /** When it was asked, as above, and how often somebody was reminded; where reminders were asked for. */
  reminders?: { since: number; said: number };
}

/** What was approved: the tool is given just this. */
export interface Approved {
  argsHash: string;
  /** Where a person has changed them; as they are. */
  args?: Record<string, JsonValue>;
}

/** Approvals by their ids; a granted one until its step has run. */
export interface CarriedApprovals {
  pending: Record<string, PendingApproval>;
  granted: Record<string, Approved>;
}

/** What a run with a budget has used of it. */
export interface CarriedBudget {
  budget: Budget;
  used: Record<BudgetLimit, number>;
  isUnpriced: boolean;
  largest: { tokens: number; costUsd: number } | null;
  reached?: BudgetLimit;
  since: number | null;
  changes: number;
  warned: string[];
  /** Steps of sub-agents. */
  handedOn: number;
}

/** All that one workflow execution hands to its successor. */
export interface CarriedState {
  plan: Plan;
  /** Of the plan; 1 unless told. */
  version?: number;
  steps: CarriedSteps;
  /** Whether the supervisor has said that it is enough. */
  isFinishing?: true;
  supervision?: CarriedSupervision;
  unsent: NewEvent[];
  /** Why the run is being cancelled, when that was told but the cancellation has not come yet. */
  cancelReason: string | null;
  /** Whether the run is paused, and how often it was paused or resumed. */
  pause: { isPaused: boolean; changes: number; above?: true };
  approvals: CarriedApprovals;
  /** Messages that it has had. */
  messages?: number;
  budget?: CarriedBudget;
  /** Of steps that are agents and have not come to their end: the turn that they are at. */
  turns?: Record<string, number>;
  /** Calls of models that were asked of a lender. */
  borrowed?: number;
}

/** The answer to SNAPSHOT_QUERY. */
export interface RunSnapshot {
  total: number;
  completed: number;
  failed: number;
  skipped: number;
  running: string[];
  waiting: string[];
}
