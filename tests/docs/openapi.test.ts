/**
 * docs/openapi.json is what the server answers, and OpenAPI 3.1.
 * After a change of the contract: npx vitest run tests/docs -u
 */
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { format } from 'prettier';
import { expect, test } from 'vitest';
import { api } from '../../contracts/api.js';
import { openApiDocument } from '../../src/api/openapi/document.js';

const root = path.resolve(import.meta.dirname, '../..');
const document = openApiDocument();

test('docs/openapi.json', async () => {
  const text = await format(JSON.stringify(document), { parser: 'json', printWidth: 110 });
  await expect(text).toMatchFileSnapshot(path.join(root, 'docs/openapi.json'));
});

test('it is OpenAPI 3.1', async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('every call of the route table has its operation, and nothing else has', () => {
  const paths = document.paths as Record<string, Record<string, { operationId: string }>>;
  const described = Object.entries(paths).flatMap(([address, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [operationId, method.toUpperCase(), address]),
  );
  const called = Object.entries(api).map(([name, call]) => [name, call.method, call.path]);
  expect(described.toSorted()).toEqual(called.toSorted());
});

test('every reference and every link leads somewhere', () => {
  const known = new Set(Object.keys(api));
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref') expect(at(inner as string), inner as string).toBeDefined();
      if (key === 'operationId') expect(known).toContain(inner);
      visit(inner);
    }
  };
  const at = (pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
  visit(document);
});
