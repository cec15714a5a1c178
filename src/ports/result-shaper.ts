/** Holds a run's result against the shape that its agent promises. */
import type { ModelUsage } from '../../contracts/models.js';
import type { JsonValue } from '../../contracts/plan.js';

export interface ResultToMend {
  agent: string;
  goal: string;
  result: JsonValue;
  /** What check has found. */
  wrong: readonly string[];
  signal: AbortSignal;
  /** Told of the call, also where nothing comes of it; null of one that broke off, for nobody knows what it took. */
  onUsage: (usage: ModelUsage | null) => Promise<void>;
}

export interface ResultShaper {
  /** Whether an agent promises a shape at all. */
  isShaped(agent: string): boolean;
  /** What is wrong with a result, in words; empty where it fits. */
  check(agent: string, result: JsonValue): string[];
  /**
   * Asks a model once for the same in the right shape.
   * @throws PerdureError `result_invalid` where it does not fit either, and what a model throws
   */
  mend(given: ResultToMend): Promise<JsonValue>;
}
