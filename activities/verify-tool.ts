/** Asks an irreversible tool what became of an attempt of which nothing was heard. */
import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import { withDeadline } from '../contracts/deadline.js';
import { PerdureError } from '../contracts/errors.js';
import type { Tool, Verification } from '../src/tools/tool.js';

/** Milliseconds that one look may take. */
const LOOK_MS = 10_000;
/** Milliseconds before the second, the third and the fourth look, where the service was away just then. */
const PAUSES_MS = [1_000, 2_000, 4_000];

/** @returns null where the tool cannot tell, or cannot be asked */
export async function verifyTool(
  tool: Tool,
  args: unknown,
  of: { tenantId: string; idempotencyKey: string; attempt: number },
): Promise<Verification | null> {
  if (tool.verify === undefined) return null;
  const signal = cancellationSignal();
  for (const pause of [0, ...PAUSES_MS]) {
    try {
      await delay(pause, undefined, { signal });
      const look = tool.verify(args, { ...of, signal });
      return await withDeadline(look, LOOK_MS, `${LOOK_MS / 1_000} seconds`);
    } catch (error) {
      if (!(error instanceof PerdureError) || !error.retryable) return null;
    }
  }
  return null;
}

/** Nothing was heard of what an irreversible tool did. */
export const isSilence = ({ code }: PerdureError): boolean =>
  code === 'outcome_unknown' || code === 'tool_timeout';

/** After a look: the attempt failed, and that is all. */
export const notActed = ({ message }: PerdureError): PerdureError =>
  new PerdureError('tool_unavailable', `${message}; it has not acted`);
