import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { errorTable } from './error-table.js';

test('each code stands in one part of the table, and every part is in it', async () => {
  const folder = path.join(import.meta.dirname, 'error-table');
  const parts = readdirSync(folder).filter((name) => name !== 'entry.ts');
  expect(parts.length).toBeGreaterThan(1);
  const modules = await Promise.all(
    parts.map((name) => import(path.join(folder, name)) as Promise<Record<string, object>>),
  );
  const codes = modules.flatMap((module) => Object.values(module).flatMap((part) => Object.keys(part)));
  // Of two entries of one code, the later part's would hide the other.
  expect(codes.sort()).toEqual(Object.keys(errorTable).sort());
});
