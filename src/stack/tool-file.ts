/** One YAML or JSON file of the tools' folder, by its schema. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { fieldError, pathErrors } from '../../contracts/field-errors.js';
import { ConfigError } from '../config/env.js';

/** @throws ConfigError naming the file and every field at fault */
export function readToolFile<Value>(file: string, schema: z.ZodType<Value>): Value {
  let content: unknown;
  try {
    // Without aliases: a few lines of them make a document of gigabytes.
    content = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    throw new ConfigError(`${file}: ${why}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const faults = pathErrors(parsed.error.issues, content).map((error) => {
    const { field, message } = fieldError(error);
    return field === '' ? message : `${field} ${message}`;
  });
  throw new ConfigError(`${file}: ${faults.join('; ')}`);
}
