/** Rubbish at the front door: each is answered by a 4xx problem that names the field, and starts nothing. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Problem } from '../../contracts/api.js';
import { checkedFetch as fetch } from '../../src/api/testing/checked-fetch.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

let perdure: PerdureProcess;
let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  temporary = await temporaryDirectory();
  perdure = await PerdureProcess.start(temporary.directory);
}, 600_000);
afterAll(async () => {
  // Nothing above was let in.
  expect((await perdure.client.list()).runs.map((run) => run.goal)).toEqual(['good']);
  await perdure.stop();
  await temporary.remove();
});

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem.detail).not.toBe('');
  expect(problem.advice).not.toBe('');
  return problem;
}
const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${perdure.url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
/** A request as it stands: fetch would tidy the path up. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = '';
    const { hostname, port } = new URL(perdure.url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('close', () => {
      resolve(answer);
    });
    socket.on('error', reject);
  });

const echo = (id: string, more: object = {}) => ({ id, tool: 'echo', args: {}, ...more });
const plan = (...steps: object[]) => ({ goal: 'bad', plan: { steps } });
const file = (path: unknown, more: object = { content: 'x' }) => ({
  ...plan(echo('a')),
  inputs: { files: [{ path, ...more }] },
});

/** What is wrong, the body, the code, the field. */
const bodies: [what: string, body: unknown, code: string, field: string][] = [
  ['a body that is no object', [1, 2], 'invalid_request', 'body'],
  ['no goal', { plan: { steps: [echo('a')] } }, 'invalid_request', 'goal'],
  ['an empty goal', { ...plan(echo('a')), goal: '  ' }, 'invalid_request', 'goal'],
  ['a goal of another type', { ...plan(echo('a')), goal: 7 }, 'invalid_request', 'goal'],
  ['an unknown field', { ...plan(echo('a')), gaol: 'x' }, 'invalid_request', 'gaol'],
  ['an unknown field of a step', plan(echo('a', { retries: 3 })), 'invalid_request', 'plan.steps[0].retries'],
  ['a goal without a plan', { goal: 'bad' }, 'model_not_configured', 'plan'],
  ['a plan without steps', plan(), 'invalid_request', 'plan.steps'],
  ['a plan that is a list', { goal: 'bad', plan: [echo('a')] }, 'invalid_request', 'plan'],
  ['a step id with blanks', plan(echo('a b')), 'invalid_request', 'plan.steps[0].id'],
  ['args of another type', plan(echo('a', { args: [1] })), 'invalid_request', 'plan.steps[0].args'],
  [
    'too many at once',
    { goal: 'bad', plan: { steps: [echo('a')], maxParallel: 1e6 } },
    'invalid_request',
    'plan.maxParallel',
  ],
  ['an unknown agent', { ...plan(echo('a')), agent: 'smith' }, 'unknown_agent', 'agent'],
  ['metadata that is no text', { ...plan(echo('a')), metadata: { n: 1 } }, 'invalid_request', 'metadata.n'],
  ['an unknown tool', plan({ id: 'a', tool: 'rm_rf', args: {} }), 'invalid_plan', 'plan.steps[0].tool'],
  [
    'a tool named like a property',
    plan({ id: 'a', tool: 'constructor' }),
    'invalid_plan',
    'plan.steps[0].tool',
  ],
  ['two steps of one id', plan(echo('a'), echo('a')), 'invalid_plan', 'plan.steps[1].id'],
  [
    'a cycle',
    plan(echo('a', { dependsOn: ['b'] }), echo('b', { dependsOn: ['a'] })),
    'invalid_plan',
    'plan.steps[0].dependsOn',
  ],
  [
    'a step that waits for itself',
    plan(echo('a', { args: { v: '{{steps.a.output}}' } })),
    'invalid_plan',
    'plan.steps[0].dependsOn',
  ],
  [
    'a dependency on nothing',
    plan(echo('a', { dependsOn: ['z'] })),
    'invalid_plan',
    'plan.steps[0].dependsOn[0]',
  ],
  [
    'a reference to no step',
    plan(echo('a', { args: { v: ['{{steps.z.output.x}}'] } })),
    'invalid_plan',
    'plan.steps[0].args.v[0]',
  ],
  [
    'a reference to no input',
    plan(echo('a', { args: { v: '{{inputs.data.x}}' } })),
    'invalid_plan',
    'plan.steps[0].args.v',
  ],
  [
    'a reference to no output',
    plan(echo('a'), echo('b', { args: { v: '{{steps.a.result}}' } })),
    'invalid_plan',
    'plan.steps[1].args.v',
  ],
  [
    'args that the tool does not know',
    plan({ id: 'a', tool: 'wait', args: { minutes: 1 } }),
    'invalid_plan',
    'plan.steps[0].args.minutes',
  ],
  [
    'an arg of another type',
    plan({ id: 'a', tool: 'wait', args: { seconds: 'x' } }),
    'invalid_plan',
    'plan.steps[0].args.seconds',
  ],
  [
    'an address inside',
    plan({ id: 'a', tool: 'http_fetch', args: { url: 'file:///etc/passwd' } }),
    'invalid_plan',
    'plan.steps[0].args.url',
  ],
  [
    'a file of a tool outside',
    plan({ id: 'a', tool: 'file_read', args: { path: '../../etc/passwd' } }),
    'invalid_plan',
    'plan.steps[0].args.path',
  ],
  ['an input file outside', file('../x'), 'invalid_path', 'inputs.files[0].path'],
  ['an absolute input file', file('/etc/passwd'), 'invalid_path', 'inputs.files[0].path'],
  [
    'an input file in perdure’s own folder',
    file('.perdure/inputs.json'),
    'invalid_path',
    'inputs.files[0].path',
  ],
  ['an input file without content', file('a', {}), 'invalid_request', 'inputs.files[0]'],
  [
    'an input file that is no base64',
    file('a', { contentBase64: '*' }),
    'invalid_request',
    'inputs.files[0].contentBase64',
  ],
  ['an input file named by half a character', file('\ud800'), 'invalid_path', 'inputs.files[0].path'],
  [
    'data too large',
    { ...plan(echo('a')), inputs: { data: 'x'.repeat(300_000) } },
    'invalid_request',
    'inputs.data',
  ],
];

test.each(bodies)('%s', async (_what, body, code, field) => {
  const problem = await problemOf(await post(JSON.stringify(body)));
  expect(problem.status).toBe(422);
  expect(problem.code).toBe(code);
  expect(problem.errors?.map((error) => error.field)).toContain(field);
});

test('bodies that are no JSON, too large, or of another kind', async () => {
  for (const text of ['{', '{"goal": "a" "b"}', '\u0000'])
    expect(await problemOf(await post(text)), JSON.stringify(text)).toMatchObject({
      code: 'malformed_json',
      errors: [{ field: 'body' }],
    });
  for (const [text, field] of Object.entries({ '': 'goal', null: 'body', '"text"': 'body', '7': 'body' }))
    expect(await problemOf(await post(text)), JSON.stringify(text)).toMatchObject({
      code: 'invalid_request',
      errors: [{ field }],
    });
  const large = JSON.stringify({ ...plan(echo('a')), goal: 'x'.repeat(10_000_000) });
  expect(await problemOf(await post(large))).toMatchObject({ status: 413, errors: [{ field: 'body' }] });
  const proto = '{"goal":"x","plan":{"steps":[{"id":"a","tool":"echo","args":{"__proto__":{"x":1}}}]}}';
  expect(await problemOf(await post(proto))).toMatchObject({
    code: 'invalid_request',
    errors: [{ field: 'plan.steps[0].args.__proto__' }],
  });
  const deep = `{"goal":"x","plan":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  expect(await problemOf(await post(deep))).toMatchObject({ status: 422, code: 'invalid_request' });
  expect(await problemOf(await post('goal=x', { 'content-type': 'text/plain' }))).toMatchObject({
    status: 415,
    errors: [{ field: 'content-type' }],
  });
  for (const key of ['', 'ü'.repeat(3), 'k'.repeat(256)])
    expect(
      await problemOf(await post(JSON.stringify(plan(echo('a'))), { 'idempotency-key': key })),
    ).toMatchObject({ status: 422, errors: [{ field: 'Idempotency-Key' }] });
});

test('what is given in addresses', async () => {
  const get = async (path: string, init: RequestInit = {}): Promise<Problem> =>
    problemOf(await fetch(`${perdure.url}${path}`, init));
  const unknown = '/v1/runs/00000000-0000-7000-8000-000000000000';
  for (const path of [unknown, '/v1/runs/1', '/v1/runs/%27%3B--', `${unknown}/events`, `${unknown}/files/a`])
    expect(await get(path), path).toMatchObject({ status: 404, code: 'run_not_found' });
  expect(await get(`${unknown}/cancel`, { method: 'POST' })).toMatchObject({ code: 'run_not_found' });
  expect(await get('/v1/nothing')).toMatchObject({ status: 404, code: 'not_found' });
  expect(await get('/v1/runs', { method: 'PATCH' })).toMatchObject({ status: 405 });
  const queries = {
    'limit=0': 'limit',
    'limit=x': 'limit',
    'status=asleep': 'status',
    'foo=1': 'foo',
    'cursor=zzz': 'cursor',
    'createdAfter=monday': 'createdAfter',
    'createdAfter=0000-01-01T00:00:00Z': 'createdAfter',
    'createdBefore=0001-01-01T00:00:00%2B23:59': 'createdBefore',
    'metadata[__proto__]=x': 'metadata[__proto__]',
    'limit=1&limit=2': 'limit',
  };
  for (const [query, field] of Object.entries(queries))
    expect(await get(`/v1/runs?${query}`), query).toMatchObject({
      status: 422,
      code: 'invalid_request',
      errors: [{ field }],
    });
});

test('paths of files that lead elsewhere', async () => {
  const run = await perdure.client.submit({
    goal: 'good',
    plan: { steps: [{ id: 'w', tool: 'wait', args: { seconds: 600 } }] },
  });
  const { host } = new URL(perdure.url);
  const ways = [
    '../x',
    '..%2fx',
    '%2e%2e/x',
    'a/../../x',
    '%252e%252e/x',
    '%00',
    'a%5cb',
    '/etc/passwd',
    'a//b',
    '.',
    'C:/x',
    '%zz',
    '.perdure/x',
    '.PERDURE/x',
    'a'.repeat(300),
  ];
  for (const way of ways) {
    const answer = await raw(
      `PUT /v1/runs/${run.id}/files/${way} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
    );
    expect(answer, way).toMatch(/^HTTP\/1\.1 422 /);
    expect(answer, way).toMatch(/"code":"invalid_path".*"errors":\[\{"field":"path"/);
  }
  expect((await perdure.client.files.list(run.id)).files).toEqual([]);
  const put = (target: string, headers: string): Promise<string> =>
    raw(`PUT ${target} HTTP/1.1\r\n${headers}Content-Length: 1\r\nConnection: close\r\n\r\nx`);
  const path = `/v1/runs/${run.id}/files/whole.txt`;
  expect(await put(path, `Host: ${host}\r\nHost: evil.test\r\n`)).toMatch(/^HTTP\/1\.1 403 /);
  // The whole address names the same file as its path.
  expect(await put(`http://${host}${path}`, `Host: ${host}\r\n`)).toContain('"path":"whole.txt"');
  await perdure.client.cancel(run.id);
});
