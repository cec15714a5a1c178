import { afterEach, expect, test } from 'vitest';
import { PerdureError } from '../../../contracts/errors.js';
import { readConfig } from '../../config/env.js';
import type { Model, ModelRequest } from '../../ports/model.js';
import { openModelFetch } from '../../stack/model-fetch.js';
import { createLogger } from '../pino/logger.js';
import { openModels } from './open-models.js';
import { startStubServer, type StubAnswer, type StubServer } from './testing/stub-server.js';

let servers: StubServer[] = [];
let ways: ReturnType<typeof openModelFetch>[] = [];
afterEach(async () => {
  await Promise.all(ways.map((way) => way.close()));
  ways = [];
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

/** A model over a stub, as settings name it. */
async function modelOver(
  answer: StubAnswer | ((n: number) => StubAnswer),
  settings: Record<string, string> = {},
): Promise<{ model: Model; stub: StubServer }> {
  const stub = await startStubServer((_, n) => (typeof answer === 'function' ? answer(n) : answer));
  servers.push(stub);
  const config = readConfig({ PERDURE_MODEL: 'openai:gpt-5', OPENAI_BASE_URL: stub.url, ...settings });
  const way = openModelFetch(config);
  ways.push(way);
  return {
    model: openModels(config.models, way.fetch, createLogger([])).of(config.models.byRole.tool),
    stub,
  };
}

const request = (more: Partial<ModelRequest> = {}): ModelRequest => ({
  instructions: 'You answer.',
  messages: [{ role: 'user', text: 'Hello' }],
  signal: new AbortController().signal,
  ...more,
});

async function failureOf(model: Model, more: Partial<ModelRequest> = {}): Promise<PerdureError> {
  const error: unknown = await model.answer(request(more)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PerdureError)) throw new Error(`expected a PerdureError, not ${String(error)}`);
  return error;
}

test('an answer comes in pieces, with what it took and what it cost', async () => {
  const { model, stub } = await modelOver({ text: 'word '.repeat(40) }, { OPENAI_API_KEY: 'secret-key' });
  const pieces: (string | null)[] = [];
  const answer = await model.answer(request({ onText: (piece) => pieces.push(piece) }));
  expect(answer).toMatchObject({ text: 'word '.repeat(40), calls: [], isCut: false });
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(answer.text);
  // 100 tokens at 1.25 and 20 at 10 dollars a million.
  expect(answer.usage).toMatchObject({
    model: 'openai:gpt-5',
    inputTokens: 100,
    outputTokens: 20,
    costUsd: 0.000325,
  });
  expect(stub.requests[0]).toMatchObject({
    model: 'gpt-5',
    authorization: 'Bearer secret-key',
    stream_options: { include_usage: true },
  });
});

test('where the server does not tell what an answer took, its size does', async () => {
  const { model } = await modelOver({ text: 'word '.repeat(40), usage: 'untold' });
  const small = (await model.answer(request())).usage;
  const large = (await model.answer(request({ instructions: 'You answer. '.repeat(100) }))).usage;
  expect(small.inputTokens).toBeGreaterThan(10);
  expect(large.inputTokens - small.inputTokens).toBeCloseTo((12 * 99 + 1) / 4, -1);
  // 200 characters.
  expect(small.outputTokens).toBeGreaterThanOrEqual(50);
  expect(small.outputTokens).toBeLessThan(70);
  expect(small.costUsd).toBeGreaterThan(0);
});

test('a conversation with calls and results goes over whole, and calls come back unchecked', async () => {
  const { model, stub } = await modelOver({
    calls: [
      { tool: 'add', args: { a: 1 } },
      { tool: 'no_such_tool', args: {} },
      { tool: 'add', args: '{"a": ' },
    ],
  });
  const answer = await model.answer(
    request({
      tools: [{ name: 'add', description: 'adds', inputSchema: { type: 'object' } }],
      messages: [
        { role: 'user', text: 'one' },
        { role: 'assistant', text: '', calls: [{ id: 'c1', tool: 'add', args: { a: 2 } }] },
        { role: 'tool', callId: 'c1', tool: 'add', result: '3' },
      ],
    }),
  );
  expect(answer.calls.map(({ tool, args }) => [tool, args])).toEqual([
    ['add', { a: 1 }],
    ['no_such_tool', {}],
    ['add', '{"a": '],
  ]);
  expect(stub.requests[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool']);
});

test('a schema is asked for, and an answer that does not fit it is handed over all the same', async () => {
  const { model, stub } = await modelOver({ text: 'not JSON at all' });
  const answer = await model.answer(
    request({ answerSchema: { type: 'object', properties: { a: { type: 'number' } } } }),
  );
  expect(answer.text).toBe('not JSON at all');
  expect(stub.requests[0]?.response_format).toMatchObject({
    type: 'json_schema',
    json_schema: { strict: false },
  });
});

test.each<[string, StubAnswer, string, boolean]>([
  ['no key', { status: 401 }, 'model_unauthorized', false],
  ['a wrong request', { status: 400, error: { message: 'no such parameter' } }, 'model_refused', false],
  ['an unknown model', { status: 404, error: { message: 'no such model' } }, 'model_refused', false],
  [
    'too much to read',
    { status: 400, error: { message: 'This model’s maximum context length is 8192 tokens' } },
    'model_context_exceeded',
    false,
  ],
  [
    'no money',
    { status: 429, error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    'model_quota_exhausted',
    false,
  ],
  ['refused content', { text: 'I', finish: 'content_filter' }, 'model_refused', false],
  ['a server’s fault', { status: 500 }, 'model_unavailable', true],
  ['overload', { status: 529 }, 'model_unavailable', true],
  ['a cut connection', { text: 'half of ', then: 'cut' }, 'model_unavailable', true],
  ['a line that is no JSON', { text: 'half of ', then: 'no JSON' }, 'model_unavailable', true],
  [
    'an error in the stream',
    { text: 'half of ', then: { error: { message: 'overloaded_error' } } },
    'model_unavailable',
    true,
  ],
  ['10 MB at once', { flood: 'at once', characters: 10_000_000 }, 'model_limit_exceeded', false],
  ['10 MB in pieces', { flood: 'in pieces', characters: 10_000_000 }, 'model_limit_exceeded', false],
])('%s', async (_, answer, code, retryable) => {
  const { model, stub } = await modelOver(answer);
  expect(await failureOf(model)).toMatchObject({ code, retryable });
  // Whether it is tried again is for Temporal.
  expect(stub.requests).toHaveLength(1);
});

test('Retry-After comes along, as seconds, as a date and in milliseconds', async () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const headers = [
    { 'retry-after': '7' },
    { 'retry-after': inAMinute },
    { 'retry-after-ms': '1500' },
  ] as const;
  const { model } = await modelOver((n) => ({ status: 429, headers: headers[n] ?? {} }));
  expect(await failureOf(model)).toMatchObject({ code: 'model_rate_limited', retryAfterSeconds: 7 });
  const dated = (await failureOf(model)).retryAfterSeconds ?? 0;
  expect(dated).toBeGreaterThan(30);
  expect(dated).toBeLessThanOrEqual(60);
  expect(await failureOf(model)).toMatchObject({ retryAfterSeconds: 1.5 });
  expect((await failureOf(model)).retryAfterSeconds).toBeUndefined();
});

test('a stream that falls silent, and one that goes on too long, end as model_timeout and are let go', async () => {
  const silent = await modelOver({ text: 'half', then: 'silence' }, { PERDURE_MODEL_STALL_SECONDS: '3' });
  expect(await failureOf(silent.model)).toMatchObject({ code: 'model_timeout', retryable: true });
  const long = await modelOver({ text: 'half', then: 'silence' }, { PERDURE_MODEL_SECONDS: '1' });
  expect((await failureOf(long.model)).message).toContain('took longer than 1 s');
  await expect.poll(() => [silent.stub.abandoned(), long.stub.abandoned()]).toEqual([1, 1]);
});

test('an abort ends the call with its own reason, and the provider is let go', async () => {
  const { model, stub } = await modelOver({ text: 'half', then: 'silence' });
  const stop = new AbortController();
  const reason = new Error('the run was cancelled');
  const answer = model.answer(
    request({
      signal: stop.signal,
      onText: () => {
        stop.abort(reason);
      },
    }),
  );
  await expect(answer).rejects.toBe(reason);
  await expect.poll(() => stub.abandoned()).toBe(1);
});

test('a server that is away is no fault that ends anything', async () => {
  const { model, stub } = await modelOver({ text: '' });
  await stub.close();
  servers = [];
  expect(await failureOf(model)).toMatchObject({ code: 'model_unavailable', retryable: true });
});

test('the next model is asked at once, what the first had said is taken back', async () => {
  const second = await startStubServer(() => ({ text: 'from the second' }));
  servers.push(second);
  const { model, stub } = await modelOver(
    { text: 'half of the first', then: 'cut' },
    {
      PERDURE_MODEL: 'openai:gpt-5, other:llama3:8b',
      PERDURE_MODEL_SERVERS: `other=${second.url}`,
    },
  );
  const pieces: (string | null)[] = [];
  const answer = await model.answer(request({ onText: (piece) => pieces.push(piece) }));
  expect(answer.text).toBe('from the second');
  expect(pieces).toEqual(['half of the first', null, 'from the second']);
  expect(answer.usage).toMatchObject({ model: 'other:llama3:8b', costUsd: null });
  expect(stub.requests).toHaveLength(1);
  expect(second.requests[0]).toMatchObject({ model: 'llama3:8b' });
  expect(second.requests[0]?.authorization).toBeUndefined();
});

test('where all are away, the one that may be asked soonest decides when', async () => {
  const second = await startStubServer(() => ({ status: 429, headers: { 'retry-after': '3' } }));
  servers.push(second);
  const { model } = await modelOver(
    { status: 429, headers: { 'retry-after': '60' } },
    { PERDURE_MODEL: 'openai:gpt-5,other:m', PERDURE_MODEL_SERVERS: `other=${second.url}` },
  );
  expect(await failureOf(model)).toMatchObject({ code: 'model_rate_limited', retryAfterSeconds: 3 });
});

test('what no model would take is asked of no other', async () => {
  const second = await startStubServer(() => ({ text: 'never' }));
  servers.push(second);
  const { model } = await modelOver(
    { status: 400 },
    { PERDURE_MODEL: 'openai:gpt-5,other:m', PERDURE_MODEL_SERVERS: `other=${second.url}` },
  );
  expect(await failureOf(model)).toMatchObject({ code: 'model_refused' });
  expect(second.requests).toHaveLength(0);
});

test('a secret of the settings stands in no message', async () => {
  const { model } = await modelOver({ status: 401 }, { OPENAI_API_KEY: 'canary-key' });
  const error = await failureOf(model);
  expect(error.message).not.toContain('canary-key');
});

test('a provider that redirects is not followed, so that neither the key nor the words go elsewhere', async () => {
  const other = await startStubServer(() => ({ text: 'from elsewhere' }));
  servers.push(other);
  for (const status of [301, 302, 307, 308]) {
    const { model } = await modelOver(
      { status, headers: { location: `${other.url}/chat/completions` } },
      { OPENAI_API_KEY: 'secret-key' },
    );
    await failureOf(model);
  }
  expect(other.requests).toEqual([]);
});
