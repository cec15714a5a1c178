/** Asks a model for a value of a shape: once, and once more by whoever has it mend what did not fit. */
import type { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { ModelUsage } from '../../contracts/models.js';
import type { Draft } from '../ports/draft.js';
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
  /** What it has answered before, to be mended. */
  draft?: Draft;
  onText?: (piece: string | null) => void;
  /** Told of the call; null of one that broke off. */
  onUsage: (usage: ModelUsage | null) => Promise<void>;
}

/** Lines of what is wrong that go back to the model, and into the error. */
const MAX_LINES = 20;

/**
 * @returns a draft where the first answer does not fit
 * @throws PerdureError `model_output_invalid` where the mended one does not fit either; what the model throws
 */
export async function askForJson<Value>(
  question: Question<Value>,
): Promise<{ value: Value } | { draft: Draft }> {
  const { model, instructions, signal, onText, answerSchema, draft } = question;
  const answer = await model.answer({
    instructions,
    messages: [{ role: 'user', text: question.text }, ...(draft === undefined ? [] : mending(draft))],
    answerSchema,
    signal,
    onBroken: () => {
      void question.onUsage(null);
    },
    ...(onText === undefined ? {} : { onText }),
  });
  await question.onUsage(answer.usage);
  const read = checked(readAnswer(answer, question.schema), question.check);
  if ('value' in read) return read;
  const wrong = read.wrong.slice(0, MAX_LINES);
  if (draft === undefined) return { draft: { text: answer.text, wrong } };
  throw new PerdureError(
    'model_output_invalid',
    `${answer.usage.model}: ${wrong.join('; ')}`.slice(0, 2_000),
  );
}

const mending = ({ text, wrong }: Draft): ModelMessage[] => [
  { role: 'assistant', text: text === '' ? '(nothing)' : text, calls: [] },
  {
    role: 'user',
    text: `This cannot be used:\n${wrong.map((line) => `- ${line}`).join('\n')}\nAnswer again, whole and corrected, with JSON only.`,
  },
];

function checked<Value>(read: Read<Value>, check: (value: Value) => string[]): Read<Value> {
  if ('wrong' in read) return read;
  const wrong = check(read.value);
  return wrong.length === 0 ? read : { wrong };
}
