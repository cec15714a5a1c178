/** Several models as one: the next is asked at once where the one before cannot answer. */
import { PerdureError, type ErrorCode } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';
import type { Model } from '../../ports/model.js';

/** Another model may do better. One that refuses what was asked, or writes too much, is no fault of the model. */
const passedOn: ReadonlySet<ErrorCode> = new Set([
  'model_unauthorized',
  'model_quota_exhausted',
  'model_context_exceeded',
  'model_rate_limited',
  'model_unavailable',
  'model_timeout',
  'address_not_allowed',
]);

export function withFallbacks(models: readonly [Model, ...Model[]], logger: Logger): Model {
  const [first, ...others] = models;
  if (others.length === 0) return first;
  return {
    name: first.name,
    async answer(request) {
      const failures: PerdureError[] = [];
      for (const model of models) {
        if (failures.length > 0) request.onText?.(null);
        try {
          return await model.answer(request);
        } catch (error) {
          if (request.signal.aborted) throw error;
          if (!(error instanceof PerdureError) || !passedOn.has(error.code)) throw error;
          logger.warn({ err: error, model: model.name }, 'a model did not answer; the next one is asked');
          failures.push(error);
        }
      }
      throw mostHopeful(failures);
    },
  };
}

/** What is worth trying again, and soonest; else what the first said. */
function mostHopeful(failures: readonly PerdureError[]): unknown {
  const [hopeful] = failures
    .filter((error) => error.retryable)
    .sort((a, b) => (a.retryAfterSeconds ?? 0) - (b.retryAfterSeconds ?? 0));
  return hopeful ?? failures[0];
}
