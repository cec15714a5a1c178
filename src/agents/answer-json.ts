/** The JSON value of a model's answer, in whatever it was wrapped. */
import type { z } from 'zod';
import { fieldError, pathErrors } from '../../contracts/field-errors.js';
import type { ModelAnswer } from '../ports/model.js';

export type Read<Value> = { value: Value } | { wrong: string[] };

/** What is wrong is said in words that help the model to mend it. */
export function readAnswer<Value>(answer: ModelAnswer, schema: z.ZodType<Value>): Read<Value> {
  if (answer.text.trim() === '') return { wrong: ['the answer was empty'] };
  let value: unknown;
  try {
    value = JSON.parse(unwrapped(answer.text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      wrong: [
        answer.isCut ? 'the answer was cut off at your limit of length: write less' : `it is no JSON: ${why}`,
      ],
    };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  return {
    wrong: pathErrors(parsed.error.issues, value).map((error) => {
      const { field, message } = fieldError(error);
      return field === '' ? message : `${field} ${message}`;
    }),
  };
}

/** Many models put a fence around JSON, or a word before it. */
function unwrapped(text: string): string {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];
  if (fenced !== undefined) return fenced;
  const [first, last] = [text.indexOf('{'), text.lastIndexOf('}')];
  return first >= 0 && last > first ? text.slice(first, last + 1) : text;
}
