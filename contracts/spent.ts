/** What calls of models have used up. */
export interface Spent {
  tokens: number;
  /** US dollars; null where the price of one is not known. */
  costUsd: number | null;
  /** Attempts that took something, and nobody knows how much: lost with their worker, or broken off. */
  unheard?: number;
}
