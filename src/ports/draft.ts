/**
 * An answer of a model that cannot be used, for the call that is to mend it: that is a call of its own, with a place of
 * its own in the run's budget.
 */
export interface Draft {
  text: string;
  /** What is wrong with it, in words for the model. */
  wrong: string[];
}
