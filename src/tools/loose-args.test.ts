import { expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { looseArgs } from './loose-args.js';

const takes = (schema: Record<string, unknown>, args: JsonValue): boolean =>
  looseArgs(schema).safeParse(args).success;

test('what a schema says is held, references included', () => {
  const schema = {
    type: 'object',
    properties: {
      to: { $ref: '#/$defs/address' },
      cc: { type: 'array', items: { $ref: '#/$defs/address' } },
    },
    required: ['to'],
    $defs: { address: { type: 'object', properties: { mail: { type: 'string' } }, required: ['mail'] } },
  };
  expect(takes(schema, { to: { mail: 'a' }, cc: [{ mail: 'b' }] })).toBe(true);
  expect(takes(schema, { to: { mail: 1 } })).toBe(false);
  expect(takes(schema, { to: { mail: 'a' }, cc: [{}] })).toBe(false);
  expect(takes(schema, {})).toBe(false);
});

test('what stands beside a reference is held, too, and a property may be called as a keyword', () => {
  const schema = {
    type: 'object',
    properties: {
      pattern: { type: 'string', pattern: '^never$' },
      definitions: { description: 'how many', $ref: '#/$defs/count', type: 'integer', minimum: 3 },
    },
    $defs: { count: { type: 'integer' } },
  };
  expect(takes(schema, { pattern: 'anything', definitions: 3 })).toBe(true);
  expect(takes(schema, { pattern: 1 })).toBe(false);
  expect(takes(schema, { definitions: 2 })).toBe(false);
  expect(takes(schema, { definitions: 'three' })).toBe(false);
});

test('a tree is held for some levels, and anything fits below', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
  };
  expect(takes(schema, { name: 'a', children: [{ name: 'b' }] })).toBe(true);
  expect(takes(schema, { name: 1 })).toBe(false);
  expect(takes(schema, { name: 'a', children: [{ name: 1 }] })).toBe(false);
  expect(takes(schema, { children: [{ children: [{ name: 1 }] }] })).toBe(false);
  const below = { children: [{ children: [{ children: [{ children: [{ name: 1 }] }] }] }] };
  expect(takes(schema, below)).toBe(true);
});

test.each<[string, Record<string, unknown>, JsonValue]>([
  [
    'references that double, forty times',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/d0' } },
      $defs: Object.fromEntries([
        ...Array.from({ length: 40 }, (_, i) => [
          `d${i}`,
          { anyOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
        ]),
        ['d40', { type: 'string' }],
      ]) as JsonValue,
    },
    { a: 1 },
  ],
  [
    'one that asks itself twice at each level of a deep value',
    {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          anyOf: ['x', 'y'].map((name) => ({
            type: 'object',
            properties: { a: { $ref: '#/$defs/node' } },
            required: [name],
          })),
        },
      },
    },
    deep(60),
  ],
  ['one that is itself', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } }, {}],
  [
    'two that are each other',
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    {},
  ],
  [
    'a pattern that takes for ever',
    { properties: { a: { pattern: '^(a+)+$' } } },
    { a: `${'a'.repeat(50)}!` },
  ],
  ['a reference elsewhere', { properties: { a: { $ref: 'http://10.0.0.1/schema.json' } } }, { a: 1 }],
  ['a reference to a prototype', { properties: { a: { $ref: '#/constructor' } } }, { a: 1 }],
])('%s is answered, and not for ever', (_, schema, args) => {
  // That it comes to an end is what is tested; what it says of such arguments is left to the schema's owner.
  expect(typeof takes(schema, args)).toBe('boolean');
});

function deep(levels: number): JsonValue {
  let value: JsonValue = {};
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
}
