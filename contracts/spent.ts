/** What calls of models have used up. */
export interface Spent {
  tokens: number;
  /** US dollars; null where the price of one is not known. */
  costUsd: number | null;
  /** Attempts that took something, and nobody knows how much: lost with their worker, or broken off. */
  unheard?: number;
}

/** A model's answer cannot be used, and is kept: another call, with a place of its own in the budget, may mend it. */
export interface ToMend {
  toMend: true;
  spent: Spent;
}

/** The first detail of a failed activity that has asked a model. */
export interface SpentInVain {
  spent: Spent;
}
