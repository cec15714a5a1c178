/** Whether the providers of models can be reached, which a worker's start asks. */
import type { Config } from '../config/env.js';
import type { Agent } from '../../contracts/agents.js';
import { openModelFetch } from './model-fetch.js';
import { unreachable } from './unreachable.js';
import type { Check } from './verify.js';

/** Milliseconds that a provider may take to answer. */
const ANSWER_MS = 5_000;

/**
 * One for each provider whose models are named by the settings or by agents. None is required: runs that ask no model
 * go on, and a provider that is away comes back.
 */
export function modelChecks(
  config: Pick<Config, 'models' | 'httpDeny'>,
  agents: readonly Pick<Agent, 'models'>[],
): Check[] {
  const { byRole, providers } = config.models;
  const names = [byRole, ...agents.map(({ models }) => models)].flatMap((roles) =>
    Object.values(roles).flat(),
  );
  const used = new Set(names.map((name) => name.slice(0, name.indexOf(':'))));
  return [...used].sort().flatMap((provider): Check[] => {
    const found = providers[provider];
    // A script is read as it is opened; of a package's provider only the package knows where it is.
    if (found?.protocol !== 'openai' && found?.protocol !== 'anthropic') return [];
    const { baseUrl, apiKey, protocol } = found;
    const key = apiKey ?? 'none';
    const headers =
      protocol === 'anthropic'
        ? { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
        : { authorization: `Bearer ${key}` };
    return [
      {
        name: `models of ${provider}`,
        what: new URL(baseUrl).host,
        required: false,
        passes: () => true,
        async use() {
          const status = await statusOf(config, `${baseUrl}/models`, headers);
          if (status === 401 || status === 403)
            throw new Error(
              `it answers, and refuses the key${apiKey === null ? ', of which there is none' : ''} (HTTP ${status})`,
            );
          // Many servers list no models (404); one that is in trouble says so.
          if (status >= 500) throw new Error(`it answers HTTP ${status}`);
        },
      },
    ];
  });
}

/** Asks what models there are: it costs nothing. @throws Error in words for people */
async function statusOf(
  config: Pick<Config, 'models' | 'httpDeny'>,
  url: string,
  headers: Record<string, string>,
): Promise<number> {
  const way = openModelFetch(config);
  try {
    const answer = await way.fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    throw unreachable('it', error);
  } finally {
    await way.close();
  }
}
