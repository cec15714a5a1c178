import { expect, test } from 'vitest';
import { answerSchemaProblem } from './answer-schema.js';

test('what could hold a server up is refused, however deep it stands; names and values are not', () => {
  for (const schema of [
    { type: 'string', pattern: '(a+)+$' },
    { $ref: '#' },
    { type: 'object', properties: { a: { anyOf: [{ items: { $ref: '#' } }] } } },
    { type: 'object', patternProperties: { '(a+)+$': {} } },
    { $defs: { a: { pattern: 'x' } } },
  ])
    expect(answerSchemaProblem(schema), JSON.stringify(schema)).toMatch(/^must not use /);
  for (const schema of [{ type: 'nonsense' }, { if: {}, then: {} }, 'text', null])
    expect(answerSchemaProblem(schema), JSON.stringify(schema)).toBeDefined();
  for (const schema of [
    {},
    { type: 'object', properties: { pattern: { type: 'string' }, $ref: { enum: ['a', { pattern: 1 }] } } },
    { type: 'string', format: 'email', default: { $ref: 1 } },
  ])
    expect(answerSchemaProblem(schema), JSON.stringify(schema)).toBeUndefined();
});
