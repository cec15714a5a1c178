/** Whether an answer fits what was asked for. */
import { z } from 'zod';
import type { Approval } from '../../contracts/approvals.js';
import { answerSchemaProblem } from '../../contracts/answer-schema.js';
import { asksFor } from '../../contracts/asking.js';
import type { FieldError } from '../../contracts/errors.js';
import { fieldError, pathErrors } from '../../contracts/field-errors.js';
import type { JsonValue } from '../../contracts/plan.js';

/** @returns what is wrong, by fields; empty when it fits */
export function answerErrors({ tool, args }: Approval, answer: JsonValue): FieldError[] {
  if (asksFor(tool) === undefined)
    return [{ field: 'answer', message: 'must not be given: nothing is asked but whether it may be done' }];
  const wanted = args?.schema;
  if (typeof wanted !== 'object' || wanted === null) return [];
  // It may have come from another step.
  const problem = answerSchemaProblem(wanted);
  if (problem !== undefined)
    return [{ field: 'answer', message: `cannot be checked: the step’s schema ${problem}` }];
  const result = z.fromJSONSchema(wanted as Parameters<typeof z.fromJSONSchema>[0]).safeParse(answer);
  if (result.success) return missing(wanted, answer);
  return pathErrors(result.error.issues, answer).map(({ path, message }) =>
    fieldError({ path: ['answer', ...path], message }),
  );
}

/** Names that are required and not described: zod lets their absence pass. */
function missing(wanted: JsonValue & object, answer: JsonValue): FieldError[] {
  const required = 'required' in wanted && Array.isArray(wanted.required) ? wanted.required : [];
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return [];
  return required
    .filter((name): name is string => typeof name === 'string' && !Object.hasOwn(answer, name))
    .map((name) => fieldError({ path: ['answer', name], message: 'is required' }));
}
