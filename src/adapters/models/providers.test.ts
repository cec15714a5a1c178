/** Providers beside OpenAI's protocol: Anthropic's, packages of the AI SDK, and modules of the operator's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigError, readConfig } from '../../config/env.js';
import type { Model, ModelRequest } from '../../ports/model.js';
import { openModelFetch } from '../../stack/model-fetch.js';
import { createLogger } from '../pino/logger.js';
import { openModels } from './open-models.js';
import { openPackages } from './provider-packages.js';
import { startAnthropicStub, type AnthropicAnswer, type AnthropicStub } from './testing/anthropic-stub.js';

let folder: string;
let stub: AnthropicStub;
let answers: AnthropicAnswer[];
let way: ReturnType<typeof openModelFetch> | undefined;
beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-models-'));
  answers = [];
  stub = await startAnthropicStub(() => answers.shift() ?? { text: 'Hello' });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await way?.close();
  way = undefined;
  await stub.close();
  rmSync(folder, { recursive: true });
});

async function open(settings: Record<string, string>): Promise<Model> {
  const config = readConfig(settings);
  const { models } = config;
  way = openModelFetch(config);
  const packages = await openPackages(models, way.fetch);
  return openModels(models, way.fetch, createLogger([]), undefined, packages).of(models.byRole.tool);
}
const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  instructions: 'You answer.',
  messages: [{ role: 'user', text: 'Hi' }],
  signal: new AbortController().signal,
  ...more,
});
const anthropic = () => ({
  PERDURE_MODEL: 'anthropic:claude-sonnet-4-5',
  ANTHROPIC_BASE_URL: stub.url,
  ANTHROPIC_API_KEY: 'our-key',
});

test('Anthropic: an answer and a call, with what they took and cost', async () => {
  const model = await open(anthropic());
  expect(await model.answer(request())).toMatchObject({
    text: 'Hello',
    // 100 tokens at 3 and 20 at 15 dollars a million.
    usage: { model: 'anthropic:claude-sonnet-4-5', inputTokens: 100, outputTokens: 20, costUsd: 0.0006 },
  });
  answers = [{ call: { tool: 'add', args: { a: 1 } } }];
  const tools = [{ name: 'add', description: 'adds', inputSchema: { type: 'object' } }];
  expect((await model.answer(request({ tools }))).calls).toMatchObject([{ tool: 'add', args: { a: 1 } }]);
  expect(stub.requests).toMatchObject([
    { key: 'our-key', body: { model: 'claude-sonnet-4-5' } },
    { body: { tools: [{ name: 'add' }] } },
  ]);
});

test.each<[number, string, string]>([
  [429, 'rate_limit_error', 'model_rate_limited'],
  [529, 'overloaded_error', 'model_unavailable'],
])(
  'Anthropic’s %d is worth a try after Retry-After, and is tried by nobody here',
  async (status, type, code) => {
    const model = await open(anthropic());
    answers = [{ status, type, headers: { 'retry-after': '9' } }];
    await expect(model.answer(request())).rejects.toMatchObject({
      code,
      retryable: true,
      retryAfterSeconds: 9,
    });
    expect(stub.requests).toHaveLength(1);
  },
);

test('a package of the AI SDK is a provider by its name alone, and reads its own settings', async () => {
  vi.stubEnv('ANTHROPIC_BASE_URL', stub.url);
  vi.stubEnv('ANTHROPIC_API_KEY', 'its-own-key');
  const file = path.join(folder, 'prices.json');
  writeFileSync(file, JSON.stringify({ 'claude:large': { input: 10, output: 100 } }));
  const model = await open({
    PERDURE_MODEL: 'claude:large',
    PERDURE_MODEL_PACKAGES: 'claude=@ai-sdk/anthropic',
    // Where a package's server is only its package knows.
    PERDURE_MODEL_ALLOW: new URL(stub.url).host,
    PERDURE_MODEL_PRICES: file,
  });
  expect(await model.answer(request())).toMatchObject({
    text: 'Hello',
    usage: { model: 'claude:large', inputTokens: 100, costUsd: 0.003 },
  });
  expect(stub.requests).toMatchObject([{ key: 'its-own-key', body: { model: 'large' } }]);
  answers = [{ status: 429, type: 'rate_limit_error', headers: { 'retry-after': '4' } }];
  await expect(model.answer(request())).rejects.toMatchObject({
    code: 'model_rate_limited',
    retryAfterSeconds: 4,
  });
});

test('one without its key is told so, and not tried again', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', undefined);
  const model = await open({
    PERDURE_MODEL: 'claude:large',
    PERDURE_MODEL_PACKAGES: 'claude=@ai-sdk/anthropic',
  });
  await expect(model.answer(request())).rejects.toMatchObject({
    code: 'model_unauthorized',
    retryable: false,
    message: expect.stringContaining('API key is missing') as string,
  });
});

test('a module of one’s own exports a provider by default, made as it likes', async () => {
  const file = path.join(folder, 'own.mjs');
  const sdk = import.meta.resolve('@ai-sdk/anthropic');
  const settings = JSON.stringify({ baseURL: stub.url, apiKey: 'from-the-module' });
  writeFileSync(
    file,
    `import { createAnthropic } from ${JSON.stringify(sdk)};\nexport default createAnthropic(${settings});\n`,
  );
  const model = await open({ PERDURE_MODEL: 'own:m', PERDURE_MODEL_PACKAGES: `own=${file}` });
  expect((await model.answer(request())).text).toBe('Hello');
  expect(stub.requests).toMatchObject([{ key: 'from-the-module' }]);
});

test.each([
  ['nobody=@nobody/has-this', 'nobody=@nobody/has-this cannot be used'],
  ['zod=zod', 'neither a provider of the AI SDK by default nor just one function create'],
  ['own=./nowhere.mjs', 'cannot be used'],
  ['openai=@ai-sdk/anthropic', 'there is such a provider already'],
  ['mistral', 'must be name=package'],
])('%s is refused at the start', async (given, message) => {
  const start = open({ PERDURE_MODEL_PACKAGES: given });
  await expect(start).rejects.toThrow(ConfigError);
  await expect(start).rejects.toThrow(message);
});

test('a package whose server nobody has named is asked at public addresses only', async () => {
  vi.stubEnv('ANTHROPIC_BASE_URL', stub.url);
  vi.stubEnv('ANTHROPIC_API_KEY', 'its-own-key');
  const model = await open({
    PERDURE_MODEL: 'claude:large',
    PERDURE_MODEL_PACKAGES: 'claude=@ai-sdk/anthropic',
  });
  await expect(model.answer(request())).rejects.toMatchObject({
    code: 'address_not_allowed',
    message: expect.stringContaining('PERDURE_MODEL_ALLOW') as string,
  });
  expect(stub.requests).toEqual([]);
});
