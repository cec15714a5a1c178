/** Makes a plan from a goal. */
import type { ModelUsage } from '../../contracts/models.js';
import type { JsonValue, Plan } from '../../contracts/plan.js';
import type { Draft } from './draft.js';

export interface PlanningTask {
  goal: string;
  /** Its name. */
  agent: string;
  inputsData: { value: JsonValue } | null;
  /** What people have told the run, the newest last. */
  messages: readonly string[];
  /** Its answer of before, where that is to be mended. */
  draft?: Draft;
  /** What is in the workspace. */
  files: readonly { path: string; bytes: number }[];
  signal: AbortSignal;
  /** Told of what the model writes; null when that begins anew. */
  onText: (piece: string | null) => void;
  /** Told of the call, also where nothing comes of it; null of one that broke off, for nobody knows what it took. */
  onUsage: (usage: ModelUsage | null) => Promise<void>;
}

export interface Planner {
  /**
   * Asks once.
   * @returns a draft where the answer cannot be used, and may be mended
   * @throws PerdureError `model_not_configured` where there is nothing to make one with, `unknown_agent`,
   *   `model_output_invalid`, and what a model throws
   */
  makePlan(task: PlanningTask): Promise<{ plan: Plan } | { draft: Draft }>;
}
