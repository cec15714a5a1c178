/** The JSON value of a model's answer, in whatever it was wrapped. */
import type { z } from 'zod';
import { fieldError, fieldPath, pathErrors } from '../../contracts/field-errors.js';
import { shapeFault } from '../../contracts/json-shape.js';
import type { ModelAnswer } from '../ports/model.js';

export type Read<Value> = { value: Value } | { wrong: string[] };

/** What is wrong is said in words that help the model to mend it. */
export function readAnswer<Value>(answer: ModelAnswer, schema: z.ZodType<Value>): Read<Value> {
  if (answer.text.trim() === '')
    return {
      wrong: [answer.calls.length === 0 ? 'the answer was empty' : 'answer with JSON, and call no tools'],
    };
  let value: unknown;
  try {
    value = parsed(answer.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      wrong: [
        answer.isCut ? 'the answer was cut off at your limit of length: write less' : `it is no JSON: ${why}`,
      ],
    };
  }
  const fault = shapeFault(value);
  if (fault !== undefined) return { wrong: [`${fieldPath(fault.path.slice(0, 6))} ${fault.message}`] };
  const read = schema.safeParse(value);
  if (read.success) return { value: read.data };
  return {
    wrong: pathErrors(read.error.issues, value).map((error) => {
      const { field, message } = fieldError(error);
      return field === '' ? message : `${field} ${message}`;
    }),
  };
}

/** Many models put a fence around JSON, words before and after it, or their thoughts. */
function parsed(answer: string): unknown {
  const text = answer.replace(/^\s*<think>[\s\S]*?<\/think>/, '');
  const fenced = fencedIn(text);
  const [first, last] = [text.indexOf('{'), text.lastIndexOf('}')];
  const widest = first >= 0 && last > first ? text.slice(first, last + 1) : text;
  try {
    return JSON.parse(fenced ?? widest);
  } catch (error) {
    const found = largestObject(text);
    if (found === undefined) throw error;
    return found;
  }
}

/** What stands in the first fence. Its ends are looked for one by one: a single pattern tries every line break for each other. */
function fencedIn(text: string): string | undefined {
  const opening = /```(?:json)?[^\S\n]*\n/.exec(text);
  if (opening === null) return undefined;
  const rest = text.slice(opening.index + opening[0].length);
  const closing = /\n[^\S\n]*```/.exec(rest);
  return closing === null ? undefined : rest.slice(0, closing.index);
}

/** Places at which an object may begin that are tried. */
const MAX_PLACES = 20;

/** Of those that stand in the text; of two of a size the later. */
function largestObject(text: string): unknown {
  let largest: { length: number; value: unknown } | undefined;
  let at = text.indexOf('{');
  for (let place = 0; place < MAX_PLACES && at >= 0; place++) {
    const end = endOfObject(text, at);
    const value = end === undefined ? undefined : objectIn(text.slice(at, end));
    if (end !== undefined && value !== undefined && end - at >= (largest?.length ?? 0))
      largest = { length: end - at, value };
    at = text.indexOf('{', value === undefined || end === undefined ? at + 1 : end);
  }
  return largest?.value;
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where the braces that begin there are closed, strings left aside. */
function endOfObject(text: string, start: number): number | undefined {
  let open = 0;
  let isString = false;
  for (let i = start; i < text.length; i++) {
    const sign = text[i];
    if (isString && sign === '\\') i++;
    else if (sign === '"') isString = !isString;
    else if (!isString && sign === '{') open++;
    else if (!isString && sign === '}' && --open === 0) return i + 1;
  }
  return undefined;
}
