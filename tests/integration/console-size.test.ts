/** What a browser loads before it shows anything: as the build has left it, compressed. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

const folder = path.resolve(import.meta.dirname, '../../dist/console');
const MOST_BYTES = 250_000;

test('the first load of the console is small, and all of it lies beside the page', async () => {
  const page = await readFile(path.join(folder, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(([, address = '']) =>
    path.join(folder, address.replace('/console/', '')),
  );
  const style = named.find((file) => file.endsWith('.css')) ?? '';
  // Of the typeface one file is loaded for what we write; others only where a goal is in Greek, say.
  const font = /[^"'(]*inter-latin-wght-normal[^"')]*\.woff2/.exec(await readFile(style, 'utf8'))?.[0] ?? '';
  const files = [...named.map((file) => `${file}.br`), path.join(folder, font.replace('/console/', ''))];
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`first load of the console: ${total} bytes in ${files.length} files`);
  expect(files.length).toBeGreaterThan(4);
  expect(total).toBeLessThan(MOST_BYTES);
});
