/** Files of TypeScript or JavaScript that an operator has written, each bundled with what it imports beside it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { ConfigError } from '../config/env.js';
import * as agentKit from '../adapters/agents/agent-kit.js';
import * as toolKit from '../tools/tool-kit.js';

/** What such files import from us, by name. */
const kits: Readonly<Record<string, object>> = { 'perdure/tools': toolKit, 'perdure/agents': agentKit };
/** A bundle is a module of its own; it finds ours here, so that errors and schemas are of one kind. */
const KITS_KEY = 'perdure.kits';

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
  (globalThis as Record<symbol, unknown>)[Symbol.for(KITS_KEY)] = kits;
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
    build.onResolve({ filter: /^perdure\// }, ({ path: name }) =>
      Object.hasOwn(kits, name) ? { path: name, namespace: 'perdure' } : null,
    );
    build.onLoad({ filter: /.*/, namespace: 'perdure' }, ({ path: name }) => {
      const names = Object.keys(kits[name] ?? {}).join(', ');
      const from = `globalThis[Symbol.for(${JSON.stringify(KITS_KEY)})][${JSON.stringify(name)}]`;
      return { contents: `export const { ${names} } = ${from};` };
    });
  },
};

/** Packages stay where they are, found from the file that names them. */
const installed: Plugin = {
  name: 'installed',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path: name, pluginData, ...where }) => {
      if (pluginData === installed || where.kind === 'entry-point' || Object.hasOwn(kits, name)) return null;
      const found = await build.resolve(name, { ...where, pluginData: installed });
      if (found.errors.length > 0 || found.external || !path.isAbsolute(found.path)) return found;
      return { path: pathToFileURL(found.path).href, external: true };
    });
  },
};
