import { expect, test } from 'vitest';
import { z } from 'zod';
import { planSchema } from '../../contracts/plan.js';
import { readAnswer } from './answer-json.js';

const read = (text: string, more: { schema?: z.ZodType; isCut?: boolean; calls?: number } = {}) =>
  readAnswer(
    {
      text,
      calls: Array.from({ length: more.calls ?? 0 }, (_, i) => ({ id: `c${i}`, tool: 'echo', args: {} })),
      isCut: more.isCut ?? false,
      usage: { model: 'a:b', inputTokens: 1, outputTokens: 1, costUsd: 0, durationMs: 1 },
    },
    more.schema ?? z.looseObject({ n: z.number() }),
  );

test.each([
  ['bare', '{"n": 1}'],
  ['in a fence', 'Here it is:\n```json\n{"n": 1}\n```\nAnything else?'],
  ['in a fence of no language', '```\n{"n": 1}\n```'],
  ['between words', 'Sure! {"n": 1} I hope that helps.'],
  ['after words with braces', 'I use {{steps.a.output}} as it is, {so to say}: {"n": 1}'],
  ['before words with braces', '{"n": 1} (as in {{steps.a.output}})'],
  ['with braces in its strings', 'Well: {"n": 1, "text": "} { \\" }"} and {more}'],
  ['after thoughts', '<think>maybe {"n": 2}?</think>\n{"n": 1}'],
])('JSON %s is read', (_, text) => {
  expect(read(text)).toMatchObject({ value: { n: 1 } });
});

test.each([
  ['nothing', '', {}, 'the answer was empty'],
  ['calls of tools instead', ' ', { calls: 2 }, 'answer with JSON, and call no tools'],
  ['words', 'I would rather not.', {}, 'it is no JSON'],
  ['half of it', '{"n": ', { isCut: true }, 'cut off at your limit'],
  ['a list', '[1]', {}, 'must be'],
  ['another type', '{"n": "one"}', {}, 'n must be'],
])('%s is told to the model in words', (_, text, more, wrong) => {
  expect(read(text, more)).toEqual({ wrong: [expect.stringContaining(wrong)] });
});

test.each([101, 5_000, 200_000])('what is nested %i levels deep is an answer like any other', (levels) => {
  const deep = '['.repeat(levels) + ']'.repeat(levels);
  const text = `{"steps": [{"id": "a", "tool": "echo", "args": {"x": ${deep}}}]}`;
  expect(read(text, { schema: planSchema })).toEqual({
    wrong: [expect.stringContaining('is nested deeper than 100 levels')],
  });
});
