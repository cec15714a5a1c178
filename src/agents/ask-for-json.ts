/** Asks a model for a value of a shape; an answer that does not fit is mended once, by what was wrong with it. */
import type { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { ModelUsage } from '../../contracts/models.js';
import type { Model, ModelMessage, ModelRequest } from '../ports/model.js';
import { readAnswer, type Read } from './answer-json.js';

export interface Question<Value> extends Pick<ModelRequest, 'instructions' | 'signal'> {
  model: Model;
  text: string;
  schema: z.ZodType<Value>;
  /** The same for the model. */
  answerSchema: Record<string, unknown>;
  /** What a schema cannot say; each line is one fault. */
  check: (value: Value) => string[];
  /** Answers that are asked for; two unless told, the second mending the first. */
  tries?: number;
  onText?: (piece: string | null) => void;
  /** Told of each call. */
  onUsage: (usage: ModelUsage) => Promise<void>;
}

/** Lines of what is wrong that go back to the model, and into the error. */
const MAX_LINES = 20;

/** @throws PerdureError `model_output_invalid` where the mended answer does not fit either; what the model throws */
export async function askForJson<Value>(question: Question<Value>): Promise<Value> {
  const { model, instructions, signal, onText, answerSchema } = question;
  const messages: ModelMessage[] = [{ role: 'user', text: question.text }];
  for (let tries = 1; ; tries++) {
    if (tries > 1) onText?.(null);
    const answer = await model.answer({
      instructions,
      messages,
      answerSchema,
      signal,
      ...(onText === undefined ? {} : { onText }),
    });
    await question.onUsage(answer.usage);
    const read = checked(readAnswer(answer, question.schema), question.check);
    if ('value' in read) return read.value;
    const lines = read.wrong.slice(0, MAX_LINES);
    if (tries >= (question.tries ?? 2))
      throw new PerdureError(
        'model_output_invalid',
        `${answer.usage.model}: ${lines.join('; ')}`.slice(0, 2_000),
      );
    messages.push(
      { role: 'assistant', text: answer.text === '' ? '(nothing)' : answer.text, calls: [] },
      {
        role: 'user',
        text: `This cannot be used:\n${lines.map((line) => `- ${line}`).join('\n')}\nAnswer again, whole and corrected, with JSON only.`,
      },
    );
  }
}

function checked<Value>(read: Read<Value>, check: (value: Value) => string[]): Read<Value> {
  if ('wrong' in read) return read;
  const wrong = check(read.value);
  return wrong.length === 0 ? read : { wrong };
}
