/** What a supervisor is asked about a step's end, and what it says. */
import type { ErrorInfo } from './errors.js';
import type { JsonValue, PlanStep } from './plan.js';
import type { RunScope } from './run-scope.js';
import type { Spent } from './spent.js';
import type { SupervisorDecision } from './statuses.js';

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
