/** Providers of models that are packages of the AI SDK, or modules of the operator's own that export one. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LanguageModel } from 'ai';
import { ConfigError, type ModelConfig } from '../../config/env.js';
import { noTracer } from '../../ports/no-tracer.js';
import type { Tracer } from '../../ports/tracer.js';
import { createBoundedFetch } from './bounded-fetch.js';

type SdkModel = Exclude<LanguageModel, string>;
interface Provider {
  languageModel(id: string): SdkModel;
}
type CreateProvider = (settings: { fetch: typeof globalThis.fetch }) => unknown;

/** By the provider's name. */
export type ProviderPackages = ReadonlyMap<string, Provider>;

/**
 * @param way to the address of a package's provider; a module that exports a provider has its own
 * @throws ConfigError for a package that cannot be used
 */
export async function openPackages(
  { providers }: ModelConfig,
  way: typeof globalThis.fetch,
  tracer: Tracer = noTracer,
): Promise<ProviderPackages> {
  const found = new Map<string, Provider>();
  for (const [name, provider] of Object.entries(providers)) {
    if (provider.protocol !== 'package') continue;
    try {
      found.set(name, providerIn(await load(provider.package), createBoundedFetch(way, tracer)));
    } catch (error) {
      const why = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
      throw new ConfigError(`PERDURE_MODEL_PACKAGES: ${name}=${provider.package} cannot be used: ${why}`, {
        cause: error,
      });
    }
  }
  return found;
}

/** A file, or a package that is installed where perdure is, or where it was started. */
async function load(name: string): Promise<object> {
  if (/^[./]/.test(name)) return (await import(pathToFileURL(path.resolve(name)).href)) as object;
  try {
    return (await import(name)) as object;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    const here = createRequire(path.join(process.cwd(), 'here.js'));
    return (await import(pathToFileURL(here.resolve(name)).href)) as object;
  }
}

/** What a module exports by default, where that is a provider; else what its one function `create…` makes. */
function providerIn(module: object, fetch: typeof globalThis.fetch): Provider {
  const exported = 'default' in module ? module.default : undefined;
  if (isProvider(exported)) return exported;
  const makers = Object.entries(module).filter(
    (entry): entry is [string, CreateProvider] =>
      /^create[A-Z]/.test(entry[0]) && typeof entry[1] === 'function',
  );
  const [maker] = makers;
  if (maker === undefined || makers.length > 1)
    throw new Error('it exports neither a provider of the AI SDK by default nor just one function create…');
  const made = maker[1]({ fetch });
  if (!isProvider(made)) throw new Error(`${maker[0]} makes no provider of the AI SDK`);
  return made;
}

const isProvider = (value: unknown): value is Provider =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  'languageModel' in value &&
  typeof value.languageModel === 'function';
