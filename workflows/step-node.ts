/** One step of a plan under way, and where it is. */
import type { StepTimer } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';

export type StepStatus =
  | 'pending'
  | 'asking'
  | 'running'
  | 'uncertain'
  | 'waiting'
  | 'reviewing'
  | 'completed'
  | 'failed'
  | 'skipped';

export interface StepNode {
  step: PlanStep;
  /** Of the plan, that brought the step as it is. */
  version: number;
  status: StepStatus;
  /** Whether it is pending only to go on: then it is too late to change it. */
  begun: boolean;
  /** Dependencies that are not completed yet. */
  open: number;
  /** Whether it may be carried out in a row with others. */
  quick: boolean;
  dependants: StepNode[];
  /** Once the tool has asked to wait. */
  timer?: StepTimer;
  /** Of a failed step, why in one line. */
  failure?: string;
}
