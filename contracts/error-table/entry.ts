/** One line of the table of errors. */

export interface ErrorEntry {
  /** HTTP status of the problem+json answer. */
  readonly status: number;
  /** Whether the same action, done again later, can succeed. Temporal's retry mark follows it. */
  readonly retryable: boolean;
  readonly title: string;
  /** What the person who meets the error can do. */
  readonly advice: string;
}

export const entry = (status: number, retryable: boolean, title: string, advice: string): ErrorEntry => ({
  status,
  retryable,
  title,
  advice,
});
