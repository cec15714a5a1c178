/** What a step may hand on to a sub-agent. */
import type { ApprovalPolicy } from '../../contracts/approvals.js';
import type { Budget } from '../../contracts/budgets.js';
import type { JsonValue, Plan } from '../../contracts/plan.js';

export interface Delegated {
  goal: string;
  agent: string;
  plan: Plan | null;
  data: JsonValue | undefined;
  files: string[];
  budget: Budget | undefined;
  /** What its runs need a person's word for. */
  approvals: ApprovalPolicy;
}

export interface Delegation {
  /**
   * @param agent who hands on
   * @param args of the step, parsed
   * @throws PerdureError `unknown_agent`, `tool_invalid_args` for more than may be handed on
   */
  check(agent: string, args: unknown): Delegated;
}
