/** What the parts of one execution of a run share. */
import type { AgentRunInput, ToolTraits } from '../contracts/messages.js';
import type { PlanStep } from '../contracts/plan.js';
import type { Approvals } from './approvals.js';
import type { RunBudget } from './budget.js';
import type { BudgetClock } from './budget-clock.js';
import type { LentBudget } from './lent-budget.js';
import type { Pause } from './pause.js';
import type { PlanRevisions } from './plan-revisions.js';
import type { RunState } from './run-state.js';
import type { SubAgents } from './sub-agents.js';
import type { SupervisorBounds } from './supervisor-bounds.js';
import type { UnsentEvents } from './unsent-events.js';
import type { Work } from './work.js';

export interface RunParts {
  input: AgentRunInput;
  state: RunState;
  unsent: UnsentEvents;
  pause: Pause;
  approvals: Approvals;
  work: Work;
  budget: RunBudget;
  clock: BudgetClock;
  /** Of steps that are agents and have not come to their end, the turn that they are at. */
  turns: Map<string, number>;
  revisions: PlanRevisions;
  bounds: SupervisorBounds;
  subAgents: SubAgents;
  /** What sub-agents take of the budget. */
  lent: LentBudget;
}

/** A tool that the submitting server did not know of (a newer worker's): generous, the worker limits it. */
const unknownTool = { timeoutSeconds: 600, effect: 'irreversible', quick: false } as const;

export const traitsOf = ({ tools }: AgentRunInput, { tool }: PlanStep): ToolTraits =>
  tools[tool] ?? unknownTool;
