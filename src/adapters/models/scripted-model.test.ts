import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../config/env.js';
import type { Model, ModelMessage, ModelRequest } from '../../ports/model.js';
import { createLogger } from '../pino/logger.js';
import { openModels } from './open-models.js';
import { startStubServer, type StubServer } from './testing/stub-server.js';

let folder: string;
let stub: StubServer;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'perdure-script-'));
  stub = await startStubServer((request, n) =>
    n === 0 ? { calls: [{ tool: 'add', args: { a: 1 } }] } : { text: `answer ${request.messages.length}` },
  );
});
afterAll(async () => {
  await stub.close();
  rmSync(folder, { recursive: true });
});

function open(settings: Record<string, string>): Model {
  const { models } = readConfig(settings);
  return openModels(models, fetch, createLogger([])).of(models.byRole.tool);
}

function scripted(script: unknown): Model {
  const file = path.join(folder, 'script.json');
  writeFileSync(file, JSON.stringify(script));
  return open({ PERDURE_MODEL: `scripted:${file}` });
}

const request = (...messages: ModelMessage[]): ModelRequest => ({
  instructions: 'You are tried out.',
  messages,
  signal: new AbortController().signal,
});
const said = (text: string): ModelMessage => ({ role: 'user', text });
const answered = (text: string): ModelMessage => ({ role: 'assistant', text, calls: [] });

test('answers follow the conversation, whoever else asks meanwhile and whatever was restarted', async () => {
  const script = {
    conversations: [
      { when: 'Summarise', answers: [{ calls: [{ tool: 'file_list' }] }, { json: { done: true } }] },
      { when: 'tried out', answers: [{ text: 'any other' }] },
    ],
  };
  const [one, another] = [scripted(script), scripted(script)];
  const first = await one.answer(request(said('Summarise the files')));
  expect(first).toMatchObject({ text: '', calls: [{ tool: 'file_list', args: {} }] });
  expect((await one.answer(request(said('Hello')))).text).toBe('any other');
  const second = await another.answer(request(said('Summarise the files'), answered('')));
  expect(second.text).toBe('{"done":true}');
  await expect(
    one.answer(request(said('Summarise the files'), answered(''), answered(''))),
  ).rejects.toMatchObject({ code: 'model_script_exhausted', retryable: false });
});

test('a conversation that the script does not have is told by its beginning', async () => {
  const model = scripted({ conversations: [{ when: 'Summarise', answers: [{ text: 'x' }] }] });
  await expect(model.answer(request(said('Translate this')))).rejects.toThrow('Translate this');
});

test('errors of the script are met so many times, before the answer that follows', async () => {
  const model = scripted({
    conversations: [
      {
        answers: [
          { text: 'one' },
          { error: 'model_rate_limited', retryAfterSeconds: 2, times: 2 },
          { text: 'two' },
        ],
      },
    ],
  });
  expect((await model.answer(request(said('x')))).text).toBe('one');
  const next = request(said('x'), answered('one'));
  for (let i = 0; i < 2; i++)
    await expect(model.answer(next)).rejects.toMatchObject({
      code: 'model_rate_limited',
      retryAfterSeconds: 2,
    });
  expect((await model.answer(next)).text).toBe('two');
});

test('what a real model answered is recorded, and the record is a script', async () => {
  const file = path.join(folder, 'recorded.json');
  const real = open({
    PERDURE_MODEL: 'openai:m',
    OPENAI_BASE_URL: stub.url,
    OPENAI_API_KEY: 'canary-key',
    PERDURE_MODEL_RECORD: file,
  });
  const tools = [{ name: 'add', description: 'adds', inputSchema: { type: 'object' } }];
  const start = { ...request(said('Add one')), tools };
  const first = await real.answer(start);
  const next: ModelRequest = {
    ...start,
    messages: [
      ...start.messages,
      { role: 'assistant', text: first.text, calls: first.calls },
      { role: 'tool', callId: first.calls[0]?.id ?? '', tool: 'add', result: '2' },
    ],
  };
  const second = await real.answer(next);
  expect(readFileSync(file, 'utf8')).not.toContain('canary-key');

  const offline = open({ PERDURE_MODEL: `scripted:${file}` });
  const again = await offline.answer(start);
  expect(again.calls.map(({ tool, args }) => [tool, args])).toEqual([['add', { a: 1 }]]);
  expect(again.usage).toMatchObject({ inputTokens: 100, outputTokens: 20 });
  expect((await offline.answer(next)).text).toBe(second.text);
});

test.each([
  [{ PERDURE_MODEL: 'gpt-5' }, 'PERDURE_MODEL must be provider:model'],
  [{ PERDURE_MODEL: 'nobody:m' }, 'with one of the providers openai, anthropic, scripted'],
  [{ PERDURE_MODEL: 'openai:gpt-5' }, 'OPENAI_API_KEY must be set'],
  [{ PERDURE_PLANNER_MODEL: 'anthropic:claude-opus-4-5' }, 'ANTHROPIC_API_KEY must be set'],
  [{ PERDURE_MODEL: 'scripted:/nowhere/script.json' }, 'ENOENT'],
  [{ PERDURE_MODEL: 'scripted:package.json' }, 'cannot be used'],
  [{ PERDURE_MODEL_PRICES: 'package.json' }, 'PERDURE_MODEL_PRICES cannot be used'],
  [{ PERDURE_MODEL_RECORD: '/nowhere/record.json' }, 'PERDURE_MODEL_RECORD cannot be used'],
  [{ PERDURE_MODEL_SERVERS: 'openai=http://127.0.0.1' }, 'there is such a provider already'],
  [{ PERDURE_MODEL_SERVERS: 'ollama' }, 'PERDURE_MODEL_SERVERS must be name=http(s) address'],
  [{ OPENAI_API_KEY: 'one', OPENAI_API_KEY_FILE: 'two' }, 'are both set'],
])('%j is refused at the start', (settings, message) => {
  const start = (): unknown => openModels(readConfig(settings).models, fetch, createLogger([]));
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(message);
});

test('prices of the operator go before the published ones, and dated versions cost what the model does', async () => {
  const file = path.join(folder, 'prices.json');
  writeFileSync(file, JSON.stringify({ 'openai:gpt-5': { input: 1000, output: 0 } }));
  const settings = { OPENAI_BASE_URL: stub.url, PERDURE_MODEL_PRICES: file };
  const costs = [];
  for (const name of [
    'openai:gpt-5',
    'openai:gpt-5-2025-08-07',
    'openai:gpt-4o-mini-2024-07-18',
    'openai:own',
  ])
    costs.push((await open({ ...settings, PERDURE_MODEL: name }).answer(request(said('x')))).usage.costUsd);
  expect(costs).toEqual([0.1, 0.1, 0.000027, null]);
});
