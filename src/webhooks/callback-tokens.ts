/**
 * Tokens that wake a run which waits for an event. Nothing is kept of them: the token names the step, and proves by the
 * server's secret that this server has made it. What they are good for once is held by the run.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { CallbackTokens } from '../ports/callback-tokens.js';

/** @param secrets the same for all processes; tokens are made by the first, and those of the others count still */
export function createCallbackTokens(secrets: readonly string[]): CallbackTokens {
  const [present = ''] = secrets;
  const proofBy = (secret: string, runId: string, approvalId: string): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['callback', runId, approvalId]))
      .digest();
  return {
    tokenOf: (runId, approvalId) =>
      [Buffer.from(JSON.stringify([runId, approvalId])), proofBy(present, runId, approvalId)]
        .map((part) => part.toString('base64url'))
        .join('.'),
    read(token) {
      const [name = '', given = '', ...more] = token.split('.');
      const proof = Buffer.from(given, 'base64url');
      const named = nameOf(Buffer.from(name, 'base64url').toString());
      if (named === null || proof.length !== 32 || more.length > 0) return null;
      const [runId, approvalId] = named;
      const isOurs = secrets.some((secret) => timingSafeEqual(proof, proofBy(secret, runId, approvalId)));
      return isOurs ? { runId, approvalId } : null;
    },
  };
}

function nameOf(json: string): [string, string] | null {
  try {
    const [runId, approvalId] = JSON.parse(json) as unknown[];
    return typeof runId === 'string' && typeof approvalId === 'string' ? [runId, approvalId] : null;
  } catch {
    return null;
  }
}
