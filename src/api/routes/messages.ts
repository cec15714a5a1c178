/** Messages to a run under way. */
import type { RequestHandler } from 'express';
import { v7 } from 'uuid';
import { sendMessageSchema } from '../../../contracts/run-messages.js';
import { idempotencyKeySchema } from '../../../contracts/runs.js';
import type { ApiContext } from '../context.js';
import { findOpenRun } from '../run-lookup.js';
import { validate } from '../validate.js';
import { answerChange } from './runs.js';

export function createSendMessageRoute(context: ApiContext): RequestHandler {
  return async (req, res) => {
    const key = validate(idempotencyKeySchema.optional(), req.get('idempotency-key'), 'Idempotency-Key');
    const { text } = validate(sendMessageSchema, req.body, 'body');
    const run = await findOpenRun(context, req);
    const by = context.principalOf(req).subject;
    // The same words may be meant twice; with a key they are not.
    const isOpen = await context.engine.message(run.id, { id: key ?? v7(), text, by });
    await answerChange(context, req, res, isOpen);
  };
}
