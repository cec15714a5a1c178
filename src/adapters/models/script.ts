/** A script: the answers that a model is to give, by conversation. What tests are written with, and what is recorded. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ErrorCode } from '../../../contracts/errors.js';
import { isErrorCode } from '../../../contracts/errors.js';
import { jsonValueSchema } from '../../../contracts/plan.js';

const callSchema = z.strictObject({ tool: z.string().min(1), args: jsonValueSchema.default({}) });

const tokens = { inputTokens: z.int().min(0).optional(), outputTokens: z.int().min(0).optional() };

/** One answer: text, a value that is written as JSON, calls of tools, or an error of the table. */
export const scriptedAnswerSchema = z.union([
  z.strictObject({
    text: z.string().optional(),
    json: jsonValueSchema.optional(),
    calls: z.array(callSchema).optional(),
    ...tokens,
  }),
  z.strictObject({
    error: z.custom<ErrorCode>(isErrorCode, 'must be a code of the error table'),
    retryAfterSeconds: z.number().min(0).optional(),
    /** How often it is met before the answer after it. */
    times: z.int().min(1).default(1),
  }),
]);
export type ScriptedAnswer = z.infer<typeof scriptedAnswerSchema>;

export const scriptSchema = z.strictObject({
  conversations: z.array(
    z.strictObject({
      /** A piece of the conversation's first message, or of the instructions; the first that fits is taken. */
      when: z.string().default(''),
      answers: z.array(scriptedAnswerSchema),
    }),
  ),
});
export type Script = z.infer<typeof scriptSchema>;

/** @throws Error whose message says what is wrong with the file */
export function readScript(file: string): Script {
  const parsed = scriptSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
