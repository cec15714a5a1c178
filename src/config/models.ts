/** Which models there are and how their providers are reached; what cannot work is refused. */
import { isIP } from 'node:net';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface ModelConfig {
  /** Names in the order in which they are asked; empty where none is configured. */
  readonly byRole: {
    readonly planner: readonly string[];
    /** Empty to judge by rules. */
    readonly supervisor: readonly string[];
    readonly tool: readonly string[];
  };
  /** By the part of a model's name before the colon. */
  readonly providers: Readonly<Record<string, ModelProvider>>;
  /** `host` or `host:port` that models may be asked at although it is not public. */
  readonly allow: readonly string[];
  readonly limits: { readonly totalMs: number; readonly stallMs: number };
  /** A file; null for the published prices alone. */
  readonly pricesFile: string | null;
  /** A file; null not to record. */
  readonly recordFile: string | null;
}

export type ModelProvider =
  | {
      readonly protocol: 'openai' | 'anthropic' | 'scripted';
      readonly baseUrl: string;
      readonly apiKey: string | null;
    }
  /** A package of the AI SDK, which reads its own settings from the environment; or a file that exports one. */
  | { readonly protocol: 'package'; readonly package: string };

/** @throws ConfigError for a model that cannot be asked */
export function modelsOf(e: Environment): ModelConfig {
  const providers: Record<string, ModelProvider> = {
    openai: { protocol: 'openai', baseUrl: e.OPENAI_BASE_URL, apiKey: e.OPENAI_API_KEY ?? null },
    anthropic: { protocol: 'anthropic', baseUrl: e.ANTHROPIC_BASE_URL, apiKey: e.ANTHROPIC_API_KEY ?? null },
    scripted: { protocol: 'scripted', baseUrl: '', apiKey: null },
  };
  for (const [name, baseUrl] of e.PERDURE_MODEL_SERVERS) {
    if (Object.hasOwn(providers, name))
      throw new ConfigError(`PERDURE_MODEL_SERVERS names ${name}, and there is such a provider already`);
    providers[name] = { protocol: 'openai', baseUrl: baseUrl.replace(/\/+$/, ''), apiKey: null };
  }
  for (const [name, found] of e.PERDURE_MODEL_PACKAGES) {
    if (Object.hasOwn(providers, name))
      throw new ConfigError(`PERDURE_MODEL_PACKAGES names ${name}, and there is such a provider already`);
    providers[name] = { protocol: 'package', package: found };
  }
  const byRole = {
    planner: e.PERDURE_PLANNER_MODEL ?? e.PERDURE_MODEL ?? [],
    supervisor: e.PERDURE_SUPERVISOR_MODEL ?? [],
    tool: e.PERDURE_MODEL ?? [],
  };
  const given = { PERDURE_MODEL: byRole.tool, PERDURE_PLANNER_MODEL: byRole.planner };
  for (const [variable, names] of Object.entries({ ...given, PERDURE_SUPERVISOR_MODEL: byRole.supervisor }))
    for (const name of names) {
      const why = modelProblem(name, providers);
      if (why !== undefined) throw new ConfigError(`${variable} names ${name}: ${why}`);
    }
  return Object.freeze({
    byRole: Object.freeze(byRole),
    providers: Object.freeze(providers),
    allow: Object.freeze([...e.PERDURE_MODEL_ALLOW, ...plainAddresses(providers)]),
    limits: Object.freeze({
      totalMs: e.PERDURE_MODEL_SECONDS * 1000,
      stallMs: e.PERDURE_MODEL_STALL_SECONDS * 1000,
    }),
    pricesFile: e.PERDURE_MODEL_PRICES ?? null,
    recordFile: e.PERDURE_MODEL_RECORD ?? null,
  });
}

/**
 * What says by itself where it is: a number, or this machine. That it stands in the settings allows it, for nothing that
 * DNS answers can lead it elsewhere.
 */
const plainAddresses = (providers: ModelConfig['providers']): string[] =>
  Object.values(providers).flatMap((provider) => {
    if (provider.protocol !== 'openai' && provider.protocol !== 'anthropic') return [];
    const { hostname, port, protocol } = new URL(provider.baseUrl);
    const isPlain = hostname === 'localhost' || isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
    return isPlain ? [`${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`] : [];
  });

/** Why a model by this name cannot be asked; undefined when nothing speaks against it. */
export function modelProblem(name: string, providers: ModelConfig['providers']): string | undefined {
  const colon = name.indexOf(':');
  const provider = name.slice(0, Math.max(0, colon));
  const found = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  if (found === undefined || colon === name.length - 1)
    return `it must be provider:model, with one of the providers ${Object.keys(providers).join(', ')}`;
  if (found.protocol === 'package' || found.apiKey !== null) return undefined;
  // Of other servers many want no key.
  const isHosted = /^https:\/\/api\.(?:openai|anthropic)\.com(?:\/|$)/.test(found.baseUrl);
  return isHosted ? `${provider.toUpperCase()}_API_KEY must be set` : undefined;
}
