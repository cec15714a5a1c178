/** How an operation's parameters are written into its address and its headers: by OpenAPI 3's `style` and `explode`. */
import { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';

const styles = {
  path: ['simple'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
} as const;
export type ParameterPlace = keyof typeof styles;

export interface Parameter {
  name: string;
  place: ParameterPlace;
  style: (typeof styles)[ParameterPlace][number] | 'json';
  explode: boolean;
}

const written = z.object({
  style: z.string().optional(),
  explode: z.boolean().optional(),
  content: z.record(z.string(), z.unknown()).optional(),
});

/** @throws Error for a style that is none of ours */
export function parameterOf(name: string, place: ParameterPlace, given: object): Parameter {
  const { style = styles[place][0], explode = style === 'form', content } = written.parse(given);
  if (content !== undefined) {
    if (Object.keys(content).every((type) => !isJson(type)))
      throw new Error(`the parameter ${name} has a content that is no JSON`);
    return { name, place, style: 'json', explode: false };
  }
  const known = (styles[place] as readonly Parameter['style'][]).find((each) => each === style);
  if (known === undefined) throw new Error(`the parameter ${name} has the style ${style}`);
  return { name, place, style: known, explode };
}

export const isJson = (type: string): boolean => /^application\/(?:.+\+)?json\b/.test(type);

const between: Partial<Record<Parameter['style'], string>> = { spaceDelimited: '%20', pipeDelimited: '%7C' };

/**
 * Names and values as they stand in an address, encoded.
 * @throws PerdureError `tool_invalid_args` for a value that cannot be written
 */
export function queryPairs(
  { name, style, explode }: Parameter,
  value: JsonValue,
): { name: string; text: string }[] {
  const pair = (key: string, text: string): { name: string; text: string } => ({ name: key, text });
  const encoded = (each: JsonValue | undefined): string => encodeURIComponent(textOf(each, name));
  if (style === 'json') return [pair(name, encodeURIComponent(JSON.stringify(value)))];
  if (Array.isArray(value)) {
    if (explode || style === 'deepObject') return value.map((each) => pair(name, encoded(each)));
    return value.length === 0 ? [] : [pair(name, value.map(encoded).join(between[style] ?? ','))];
  }
  if (!isObject(value)) return [pair(name, encoded(value))];
  const members = Object.entries(value).filter(([, member]) => member !== null);
  if (style === 'deepObject') return members.map(([key, member]) => pair(`${name}[${key}]`, encoded(member)));
  if (explode) return members.map(([key, member]) => pair(key, encoded(member)));
  const flat = members.flatMap(([key, member]) => [encodeURIComponent(key), encoded(member)]);
  return flat.length === 0 ? [] : [pair(name, flat.join(between[style] ?? ','))];
}

/**
 * Of a path or a header.
 * @param encode what the place wants of each part
 * @throws PerdureError `tool_invalid_args` for a value that cannot be written
 */
export function simpleText(
  { name, style, explode }: Parameter,
  value: JsonValue | undefined,
  encode: (text: string) => string = (text) => text,
): string {
  if (style === 'json') return encode(JSON.stringify(value ?? null));
  const encoded = (each: JsonValue | undefined): string => encode(textOf(each, name));
  if (Array.isArray(value)) return value.map(encoded).join(',');
  if (!isObject(value)) return encoded(value);
  return Object.entries(value)
    .filter(([, member]) => member !== null)
    .map(([key, member]) => `${encode(key)}${explode ? '=' : ','}${encoded(member)}`)
    .join(',');
}

function textOf(value: JsonValue | undefined, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new PerdureError(
    'tool_invalid_args',
    `args.${name} holds what has no place in an address or a header`,
  );
}

const isObject = (value: JsonValue | undefined): value is Record<string, JsonValue> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
