/** Files of TypeScript or JavaScript that an operator has written, each bundled with what it imports beside it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { ConfigError } from '../config/env.js';
import * as kit from '../tools/tool-kit.js';

const KIT = 'perdure/tools';
/** A bundle is a module of its own; it finds ours here, so that errors and schemas are of one kind. */
const KIT_KEY = 'perdure.tools';

/**
 * What each exports by default.
 * @param use makes what is wanted of it; what it throws is told with the file's name
 * @throws ConfigError naming the file that cannot be loaded, and why
 */
export async function loadFiles<Value>(
  files: readonly string[],
  use: (exported: unknown) => Value,
): Promise<Value[]> {
  const { build } = await import('esbuild');
  (globalThis as Record<symbol, unknown>)[Symbol.for(KIT_KEY)] = kit;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-files-'));
  const load = async (file: string, i: number): Promise<Value> => {
    const bundle = path.join(folder, `${i}.mjs`);
    try {
      const { outputFiles } = await build({
        entryPoints: [file],
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        sourcemap: 'inline',
        define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
        plugins: [ours, installed],
        logLevel: 'silent',
      });
      await writeFile(bundle, outputFiles[0]?.contents ?? '');
      const module = (await import(pathToFileURL(bundle).href)) as { default?: unknown };
      return use(module.default);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`${file}: ${why}`, { cause: error });
    }
  };
  try {
    return await Promise.all(files.map(load));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const ours: Plugin = {
  name: 'perdure',
  setup(build) {
    build.onResolve({ filter: /^perdure\/tools$/ }, () => ({ path: KIT, namespace: 'perdure' }));
    const names = Object.keys(kit).join(', ');
    build.onLoad({ filter: /.*/, namespace: 'perdure' }, () => ({
      contents: `export const { ${names} } = globalThis[Symbol.for(${JSON.stringify(KIT_KEY)})];`,
    }));
  },
};

/** Packages stay where they are, found from the file that names them. */
const installed: Plugin = {
  name: 'installed',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...where }) => {
      if (pluginData === installed || where.kind === 'entry-point' || name === KIT) return null;
      const found = await build.resolve(name, { ...where, pluginData: installed });
      if (found.errors.length > 0 || found.external || !path.isAbsolute(found.path)) return found;
      return { path: pathToFileURL(found.path).href, external: true };
    });
  },
};
