/** Tests of the tool registry: what is in it, and how it speaks of wrong args. */
import { expect, test } from 'vitest';
import { createToolRegistry } from './registry.js';
import type { Tool } from './tool.js';

const registry = createToolRegistry({ httpAllow: [] });

const tool = (name: string): Tool => {
  const found = registry.get(name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
};

test('has the twelve tools', () => {
  expect(registry.list().map(({ name }) => name)).toEqual([
    'echo',
    'wait',
    'ask_human',
    'wait_for_event',
    'http_fetch',
    'file_read',
    'file_write',
    'file_list',
    'sql',
    'chart',
    'template',
    'javascript',
  ]);
  expect(registry.get('toString')).toBeUndefined();
  for (const { description, timeoutSeconds } of registry.list()) {
    expect(description).not.toBe('');
    expect(timeoutSeconds).toBeGreaterThan(0);
  }
});

test('checkArgs knows nothing of an unknown tool and finds nothing wrong with good args', () => {
  expect(registry.checkArgs('nope', {})).toBeUndefined();
  expect(registry.checkArgs('http_fetch', { url: 'https://example.com' })).toEqual([]);
});

test('checkArgs names each field', () => {
  expect(
    registry.checkArgs('file_read', { path: 5, maxBytes: 1.5, encoding: 'latin1', foo: 1, bar: 2 }),
  ).toEqual(
    expect.arrayContaining([
      { path: ['path'], message: 'must be a string, not a number' },
      { path: ['maxBytes'], message: 'must be a whole number, not 1.5' },
      { path: ['encoding'], message: 'must be one of "utf8", "base64"' },
      { path: ['foo'], message: 'is not a known field' },
      { path: ['bar'], message: 'is not a known field' },
    ]),
  );
  expect(registry.checkArgs('file_read', {})).toEqual([{ path: ['path'], message: 'is required, a string' }]);
  expect(
    registry.checkArgs('http_fetch', { url: 'https://a.example', headers: { 'x y': 'v', host: 'v' } }),
  ).toEqual([
    { path: ['headers', 'x y'], message: 'is not a header name' },
    { path: ['headers', 'host'], message: 'is a header that perdure sets itself' },
  ]);
  expect(registry.checkArgs('wait', {})).toEqual([
    { path: [], message: 'needs exactly one of seconds and until' },
  ]);
});

test('checkArgs leaves fields to the references in them', () => {
  expect(registry.checkArgs('wait', { seconds: '{{steps.a.output.n}}' })).toEqual([]);
  expect(registry.checkArgs('file_read', { path: '/{{inputs.data.name}}' })).toEqual([]);
  expect(
    registry.checkArgs('http_fetch', { url: '{{steps.a.output.url}}', headers: '{{inputs.data.h}}' }),
  ).toEqual([]);
});

test('checkArgs keeps what a reference cannot mend', () => {
  expect(registry.checkArgs('http_fetch', { url: '{{steps.a.output.url}}', foo: '{{inputs.data}}' })).toEqual(
    [{ path: ['foo'], message: 'is not a known field' }],
  );
  expect(
    registry.checkArgs('file_write', { path: 'a', content: '{{inputs.data.a}}', json: '{{inputs.data.b}}' }),
  ).toEqual([{ path: [], message: 'needs exactly one of content, contentBase64 and json' }]);
  // Only steps and inputs open a reference.
  expect(registry.checkArgs('http_fetch', { url: '{{ url }}' })).toHaveLength(1);
});

test('parseArgs gives the args with their defaults', () => {
  expect(registry.parseArgs(tool('file_read'), { path: 'a' })).toEqual({
    path: 'a',
    encoding: 'utf8',
    maxBytes: 256_000,
  });
});

test('parseArgs throws what is wrong, also where a reference stands', () => {
  const parse = (): unknown => registry.parseArgs(tool('http_fetch'), { url: '{{steps.a.output}}', foo: 1 });
  expect(parse).toThrow(
    expect.objectContaining({
      code: 'tool_invalid_args',
      message: 'args.url may not be called: it must be an absolute URL (and 1 more)',
      errors: [
        { field: 'args.url', message: 'may not be called: it must be an absolute URL' },
        { field: 'args.foo', message: 'is not a known field' },
      ],
    }),
  );
});
