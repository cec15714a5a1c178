/** The models that are configured, by their names. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAICompatible, type OpenAICompatibleProviderSettings } from '@ai-sdk/openai-compatible';
import type { LanguageModel } from 'ai';
import { PerdureError } from '../../../contracts/errors.js';
import { ConfigError, type ModelConfig } from '../../config/env.js';
import { modelProblem } from '../../config/models.js';
import type { Logger } from '../../ports/logger.js';
import type { Model, Models } from '../../ports/model.js';
import { noTracer } from '../../ports/no-tracer.js';
import type { Tracer } from '../../ports/tracer.js';
import { createAiModel, providerOf } from './ai-model.js';
import { createBoundedFetch } from './bounded-fetch.js';
import { withFallbacks } from './fallback-model.js';
import { readPrices } from './prices.js';
import type { ProviderPackages } from './provider-packages.js';
import { Recorder } from './recorder.js';
import { readScript } from './script.js';
import { createScriptedModel } from './scripted-model.js';
import { traced } from './traced-model.js';

/**
 * @param way to the addresses of providers, guarded
 * @param packages of the configuration, opened
 * @throws ConfigError for a file that cannot be used
 */
export function openModels(
  config: ModelConfig,
  way: typeof fetch,
  logger: Logger,
  tracer: Tracer = noTracer,
  packages: ProviderPackages = new Map(),
): Models {
  const prices = readPrices(config.pricesFile);
  const recorder = usable('PERDURE_MODEL_RECORD', () =>
    config.recordFile === null ? null : new Recorder(config.recordFile),
  );
  const opened = new Map<string, Model>();
  const open = (name: string): Model => {
    const model = opened.get(name) ?? traced(openModel(name), tracer);
    opened.set(name, model);
    return model;
  };
  const openModel = (name: string): Model => {
    const problem = modelProblem(name, config.providers);
    if (problem !== undefined)
      throw new PerdureError('model_not_configured', `the model ${name}: ${problem}`);
    if (providerOf(name) === 'scripted')
      return createScriptedModel(
        usable(name, () => readScript(modelOf(name))),
        name,
      );
    const model = createAiModel({
      name,
      model:
        packages.get(providerOf(name))?.languageModel(modelOf(name)) ??
        sdkModel(name, config, createBoundedFetch(way, tracer)),
      price: prices(name),
      limits: config.limits,
    });
    return recorder?.record(model) ?? model;
  };
  const models: Models = {
    of(names) {
      const [first, ...others] = names.map(open);
      if (first === undefined) throw new PerdureError('model_not_configured', 'no model is configured');
      return withFallbacks([first, ...others], logger);
    },
  };
  // A file that is missing is told at the start.
  for (const names of Object.values(config.byRole)) if (names.length > 0) models.of(names);
  return models;
}

const modelOf = (name: string): string => name.slice(name.indexOf(':') + 1);

function sdkModel(
  name: string,
  { providers }: ModelConfig,
  boundedFetch: typeof fetch,
): Exclude<LanguageModel, string> {
  const provider = providerOf(name);
  const found = providers[provider];
  if (found === undefined || found.protocol === 'package')
    throw new Error(`there is no provider ${provider}`);
  const { protocol, baseUrl, apiKey } = found;
  const settings = { baseURL: baseUrl, fetch: boundedFetch };
  // A key that is not given must not be taken from the SDK's own reading of the environment.
  if (protocol === 'anthropic')
    return createAnthropic({ ...settings, apiKey: apiKey ?? 'none' })(modelOf(name));
  const compatible: OpenAICompatibleProviderSettings = {
    ...settings,
    name: provider,
    includeUsage: true,
    supportsStructuredOutputs: true,
  };
  if (apiKey !== null) compatible.apiKey = apiKey;
  return createOpenAICompatible(compatible)(modelOf(name));
}

function usable<Value>(name: string, open: () => Value): Value {
  try {
    return open();
  } catch (error) {
    throw new ConfigError(
      `${name} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
