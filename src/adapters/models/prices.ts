/** What models cost, in US dollars for a million tokens; the operator's own table goes before ours. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../../config/env.js';

const priceSchema = z.strictObject({ input: z.number().min(0), output: z.number().min(0) });
export type Price = z.infer<typeof priceSchema>;

const tableSchema = z.record(z.string().regex(/^[^\s:]+:\S+$/, 'must be provider:name'), priceSchema);

/**
 * List prices as published by the providers in November 2025, without discounts for what is cached or batched: an
 * upper bound. Dated versions of a model (`gpt-5-2025-08-07`) cost what the model does.
 */
const published: Readonly<Record<string, Price>> = {
  'openai:gpt-5': { input: 1.25, output: 10 },
  'openai:gpt-5-mini': { input: 0.25, output: 2 },
  'openai:gpt-5-nano': { input: 0.05, output: 0.4 },
  'openai:gpt-4.1': { input: 2, output: 8 },
  'openai:gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'openai:gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'openai:gpt-4o': { input: 2.5, output: 10 },
  'openai:gpt-4o-mini': { input: 0.15, output: 0.6 },
  'openai:o3': { input: 2, output: 8 },
  'openai:o4-mini': { input: 1.1, output: 4.4 },
  'anthropic:claude-opus-4-5': { input: 5, output: 25 },
  'anthropic:claude-opus-4-1': { input: 15, output: 75 },
  'anthropic:claude-sonnet-4-5': { input: 3, output: 15 },
  'anthropic:claude-haiku-4-5': { input: 1, output: 5 },
};

/** @returns undefined for a model whose price is not known */
export type Prices = (model: string) => Price | undefined;

/**
 * @param file JSON: `{"provider:name": {"input": 1.25, "output": 10}}`; null for the published prices alone
 * @throws ConfigError where the file cannot be used
 */
export function readPrices(file: string | null): Prices {
  const table = file === null ? published : { ...published, ...read(file) };
  return (model) => table[model] ?? table[model.replace(/-\d{4}-?\d{2}-?\d{2}$/, '')];
}

function read(file: string): Record<string, Price> {
  try {
    return tableSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new ConfigError(`PERDURE_MODEL_PRICES cannot be used: ${why}`, { cause: error });
  }
}

/** Rounded to a thousandth of a cent's hundredth, so that sums do not carry the noise of fractions. */
export function costOf(
  price: Price | undefined,
  { inputTokens, outputTokens }: { inputTokens: number; outputTokens: number },
): number | null {
  if (price === undefined) return null;
  return Number(((inputTokens * price.input + outputTokens * price.output) / 1_000_000).toFixed(8));
}
