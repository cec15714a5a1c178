/** Whether an answer fits what was asked for. */
import type { Approval } from '../../contracts/approvals.js';
import { answerProblems, answerSchemaProblem } from '../../contracts/answer-schema.js';
import { asksFor } from '../../contracts/asking.js';
import type { FieldError } from '../../contracts/errors.js';
import { fieldError } from '../../contracts/field-errors.js';
import type { JsonValue } from '../../contracts/plan.js';

/**
 * @param at where it stands in the request
 * @returns what is wrong, by fields; empty when it fits
 */
export function answerErrors(
  { tool, args }: Approval,
  answer: JsonValue,
  at: 'answer' | 'body' = 'answer',
): FieldError[] {
  const errorAt = (path: PropertyKey[], message: string): FieldError =>
    path.length === 0
      ? { field: at, message }
      : fieldError({ path: at === 'body' ? path : [at, ...path], message });
  if (asksFor(tool) === undefined)
    return [{ field: at, message: 'must not be given: nothing is asked but whether it may be done' }];
  const wanted = args?.schema;
  if (typeof wanted !== 'object' || wanted === null) return [];
  // It may have come from another step.
  const problem = answerSchemaProblem(wanted);
  if (problem !== undefined)
    return [{ field: at, message: `cannot be checked: the step’s schema ${problem}` }];
  return answerProblems(wanted, answer).map(({ path, message }) => errorAt([...path], message));
}
