import { expect, test } from 'vitest';
import { createApiKeySchema } from './api-keys.js';
import { submitRunSchema } from './runs.js';

test('blanks around a name or a goal count towards its length, as in the JSON schema, and are taken off', () => {
  const nameOf = (name: string) => createApiKeySchema.safeParse({ name });
  expect(nameOf(` ${'x'.repeat(98)} `).data?.name).toBe('x'.repeat(98));
  expect(nameOf(`\t${'x'.repeat(100)}`).success).toBe(false);
  expect(nameOf(' \t ').success).toBe(false);
  expect(submitRunSchema.safeParse({ goal: `${'x'.repeat(20_000)}\n` }).success).toBe(false);
});
