/** What a worker file says at its end, from a thread or from a process of its own. */
import { PerdureError } from '../../contracts/errors.js';

/** `limit` when it was stopped for what it took, and not for what it is. */
export type WorkerAnswer = { ok: true; value: unknown } | { ok: false; message: string; limit?: boolean };

/**
 * @param what comes before the message
 * @throws PerdureError `tool_limit_exceeded` or `tool_failed` when there is no value
 */
export function valueOf(answer: WorkerAnswer, what = ''): unknown {
  if (answer.ok) return answer.value;
  throw new PerdureError(
    answer.limit === true ? 'tool_limit_exceeded' : 'tool_failed',
    `${what}${answer.message}`,
  );
}
