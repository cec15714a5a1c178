/**
 * Around `npm pack`. `node scripts/pack.mjs before` brings dist/ up to date and makes types/, the declarations of what
 * the package exports; `after` takes types/ away again, for in a clone the sources are what says the types.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuilt, ensureInstalled } from './bootstrap.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const types = path.join(root, 'types');
// Beside it, so that nobody ever meets half of them.
const temporary = path.join(root, `types.tmp-${process.pid}`);

async function before() {
  await ensureInstalled(root);
  await ensureBuilt(root);
  after();
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const args = [tsc, '-p', path.join(root, 'tsconfig.package.json'), '--outDir', temporary];
  execFileSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(temporary, types);
}

function after() {
  if (!existsSync(types)) return;
  renameSync(types, temporary);
  rmSync(temporary, { recursive: true });
}

const [when] = process.argv.slice(2);
if (when === 'before') await before();
else if (when === 'after') after();
else {
  console.error('perdure: use before or after.');
  process.exitCode = 2;
}
