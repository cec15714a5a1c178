/** The client as a web page gets it: nothing of Node's, no zod, and small. */
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('bundles for the browser', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [path.resolve(import.meta.dirname, 'client.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    // Node's own modules cannot be resolved for it, and fail the build.
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (file) => /node_modules\/([^/]+)/.exec(file)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(['eventsource-parser']);
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const size = { bytes: code.length, gzipped: gzipSync(code).length };
  console.log(`perdure/client in the browser: ${size.bytes} bytes, ${size.gzipped} gzipped`);
  expect(size.gzipped).toBeLessThan(6_500);
  expect(size.gzipped).toBeGreaterThan(1_000);
});
