/** Batches: what is wrong with one run is nobody else's fault. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BatchAnswer, Problem } from '../../../contracts/api.js';
import { createApp, type App } from '../create-app.js';
import { checkedFetch } from '../testing/checked-fetch.js';
import { createFakeAdmission } from '../testing/fake-admission.js';
import { createFakes, dependenciesOf, type Fakes } from '../testing/fakes.js';
import { listen } from '../testing/listen.js';

let fakes: Fakes;
let app: App;
let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  fakes = createFakes();
  const limits = { openRuns: 12, submissionsPerMinute: null, storageBytes: null };
  app = createApp(dependenciesOf(fakes, { admission: { port: createFakeAdmission(), limits } }));
  server = await listen(app.app);
});
afterEach(() => server.close());

const good = (more: object = {}) => ({ goal: 'g', plan: { steps: [{ id: 'a', tool: 'echo' }] }, ...more });
const send = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  checkedFetch(`${server.url}/v1/runs/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const resultsOf = async (runs: unknown[]): Promise<BatchAnswer['results']> =>
  ((await (await send({ runs })).json()) as BatchAnswer).results;
const codesOf = (results: BatchAnswer['results']): string[] =>
  results.map((result) => ('problem' in result ? result.problem.code : 'ok'));

test('each run answers for itself, in the order that was sent', async () => {
  const results = await resultsOf([
    good({ goal: 'first' }),
    good({ gaol: 'x' }),
    7,
    [good()],
    null,
    { goal: 'g' },
    good({ plan: { steps: [{ id: 'a', tool: 'nothing' }] } }),
    good({ idempotencyKey: 'ü' }),
    good({ goal: 'last' }),
  ]);
  expect(codesOf(results)).toEqual([
    'ok',
    ...['invalid_request', 'invalid_request', 'invalid_request', 'invalid_request'],
    ...['model_not_configured', 'invalid_plan', 'invalid_request', 'ok'],
  ]);
  expect(results.flatMap((result) => ('run' in result ? [result.run.goal] : []))).toEqual(['first', 'last']);
  const fields = results.flatMap((result) =>
    'problem' in result ? [result.problem.errors?.[0]?.field] : [],
  );
  expect(fields).toEqual(['gaol', 'body', 'body', 'body', 'plan', 'plan.steps[0].tool', 'idempotencyKey']);
  expect(fakes.engine.starts).toHaveLength(2);
});

test('a key stands for one run, in one batch and over several', async () => {
  const runs = [good({ idempotencyKey: 'k' }), good({ idempotencyKey: 'k' }), good({ idempotencyKey: 'l' })];
  const [first, second, other] = await resultsOf(runs);
  expect(first).toMatchObject({ status: 202, run: { id: (second as { run: { id: string } }).run.id } });
  expect(other).toMatchObject({ status: 202, replayed: false });
  const again = await resultsOf([...runs, good({ idempotencyKey: 'k', goal: 'other' })]);
  expect(again.slice(0, 3)).toMatchObject([{ replayed: true }, { replayed: true }, { replayed: true }]);
  expect(codesOf(again)[3]).toBe('idempotency_key_reused');
  expect(fakes.engine.starts).toHaveLength(2);
});

test('limits count run by run, and a refused one says when to come again', async () => {
  const answer = await send({ runs: Array.from({ length: 20 }, () => good()) });
  const { results } = (await answer.json()) as BatchAnswer;
  const codes = codesOf(results);
  expect(codes.filter((code) => code === 'ok')).toHaveLength(12);
  expect(codes.filter((code) => code === 'run_limit_reached')).toHaveLength(8);
  expect(results.find((result) => 'problem' in result)).toMatchObject({ status: 429, retryAfterSeconds: 10 });
  expect(answer.headers.get('ratelimit')).toContain('r=0');
});

test('a fault of the server in one run is told as such, and logged', async () => {
  let starts = 0;
  fakes.engine.onStart = () => {
    starts += 1;
    if (starts === 1) throw new Error('secret');
  };
  const results = await resultsOf([good(), good()]);
  expect(codesOf(results)).toEqual(['internal', 'ok']);
  expect(JSON.stringify(results)).not.toContain('secret');
  expect(fakes.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
});

test('the whole is refused where it is no list of runs, or has a key', async () => {
  const problem = async (answer: Response) => {
    const { code, errors } = (await answer.json()) as Problem;
    return [answer.status, code, errors?.[0]?.field];
  };
  const refused = (field: string) => [422, 'invalid_request', field];
  expect(await problem(await send({ runs: [] }))).toEqual(refused('runs'));
  expect(await problem(await send({ runs: Array.from({ length: 101 }, () => good()) }))).toEqual(
    refused('runs'),
  );
  expect(await problem(await send({ runs: [good()], more: 1 }))).toEqual(refused('more'));
  expect(await problem(await send({ runs: [good()] }, { 'idempotency-key': 'k' }))).toEqual(
    refused('Idempotency-Key'),
  );
  expect((await checkedFetch(`${server.url}/v1/runs/batch`, { method: 'PUT' })).headers.get('allow')).toBe(
    'POST, OPTIONS',
  );
  expect(fakes.engine.starts).toEqual([]);
});

test('a server that shuts down half-way says of each run whether it was started', async () => {
  fakes.engine.onStart = () => {
    app.drain();
  };
  const results = await resultsOf(Array.from({ length: 12 }, () => good()));
  const codes = codesOf(results);
  expect(codes.filter((code) => code === 'ok')).toHaveLength(fakes.engine.starts.length);
  expect(codes).toContain('shutting_down');
});
