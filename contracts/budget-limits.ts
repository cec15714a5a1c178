/** What a budget limits; apart from the schemas, for the workflow loads no zod. */

/** In the order in which it is told. */
export const budgetLimits = ['steps', 'tokens', 'costUsd', 'seconds'] as const;
export type BudgetLimit = (typeof budgetLimits)[number];

/** The field of a budget that limits it. */
export const limitFields = {
  steps: 'maxSteps',
  tokens: 'maxTokens',
  costUsd: 'maxCostUsd',
  seconds: 'maxSeconds',
} as const satisfies Record<BudgetLimit, string>;

const units: Record<BudgetLimit, string> = {
  steps: 'steps',
  tokens: 'tokens',
  costUsd: 'US dollars',
  seconds: 'seconds',
};
const figure = (amount: number): string => String(Number(amount.toFixed(6)));

/** In words. */
export const usedUp = ({ limit, used, max }: { limit: BudgetLimit; used: number; max: number }): string =>
  `the budget is used up: ${figure(used)} of ${figure(max)} ${units[limit]}`;
