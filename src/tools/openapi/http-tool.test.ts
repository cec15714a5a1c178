/** Operations of HTTP APIs as tools, against a real server on loopback. */
import type { IncomingHttpHeaders } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAddressGuard } from '../address-guard.js';
import { startServer, type TestServer } from '../testing/http-server.js';
import { toolContext } from '../testing/tool-context.js';
import type { Tool } from '../tool.js';
import { httpFileSchema } from './declaration.js';
import { openApiSchema, operationOf } from './document.js';
import { httpTool } from './http-tool.js';

const SECRET = 'canary-2342-secret';
interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}
let seen: Seen[] = [];
let answer: { status: number; headers?: Record<string, string>; body?: string; cut?: true };
let server: TestServer;

beforeAll(async () => {
  server = await startServer((req, res) => {
    void textOf(req).then((body) => {
      seen.push({ method: req.method, url: req.url, headers: req.headers, body });
      if (answer.cut === true) req.socket.destroy();
      else
        res
          .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
          .end(answer.body);
    });
  });
});
beforeEach(() => {
  seen = [];
  answer = { status: 200, body: '{"ok":true}' };
});
afterAll(() => server.close());

const pet = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    nullable: { type: 'boolean' },
    mother: { $ref: '#/components/schemas/Pet' },
  },
};
const idParameter = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
const document = openApiSchema.parse({
  openapi: '3.0.3',
  paths: {
    '/pets/{id}': {
      parameters: [{ $ref: '#/components/parameters/Id' }],
      get: {
        operationId: 'getPet',
        summary: 'One pet',
        parameters: [
          { name: 'fields', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
          { name: 'X-Trace', in: 'header', schema: { type: 'string', nullable: true } },
          { name: 'Authorization', in: 'header', schema: { type: 'string' } },
        ],
      },
      delete: { operationId: 'deletePet' },
    },
    '/pets/{ids}/of/{owner}': {
      get: {
        operationId: 'findPets',
        parameters: [
          { name: 'ids', in: 'path', required: true, schema: { type: 'array' } },
          { name: 'owner', in: 'path', required: true, schema: { type: 'object' } },
          { name: 'csv', in: 'query', explode: false, schema: { type: 'array' } },
          { name: 'piped', in: 'query', style: 'pipeDelimited', schema: { type: 'array' } },
          { name: 'spaced', in: 'query', style: 'spaceDelimited', schema: { type: 'array' } },
          { name: 'where', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
          { name: 'page', in: 'query', schema: { type: 'object' } },
          { name: 'flat', in: 'query', explode: false, schema: { type: 'object' } },
          { name: 'json', in: 'query', content: { 'application/json': { schema: { type: 'object' } } } },
          { name: 'max', in: 'query', schema: { type: 'integer', nullable: true } },
          { name: 'X-Tags', in: 'header', schema: { type: 'array' } },
          {
            name: 'above',
            in: 'query',
            schema: {
              type: 'number',
              minimum: 0,
              exclusiveMinimum: true,
              maximum: 9,
              exclusiveMaximum: false,
            },
          },
        ],
      },
    },
    '/odd/{id}': {
      get: {
        operationId: 'odd',
        parameters: [{ name: 'id', in: 'path', required: true, style: 'matrix', schema: { type: 'string' } }],
      },
    },
    '/pets': {
      post: {
        operationId: 'addPet',
        description: 'Adds a pet.',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } },
        },
      },
      put: { operationId: 'form', requestBody: { content: { 'multipart/form-data': {} } } },
    },
  },
  components: { schemas: { Pet: pet }, parameters: { Id: idParameter } },
});

function tool(id: string, more: object = {}): Tool {
  const { pets } = httpFileSchema.parse({
    apis: {
      pets: {
        document: 'pets.yaml',
        baseUrl: `${server.url}/v1/`,
        operations: [id],
        headers: { authorization: 'Bearer ${PERDURE_SECRET_PETS}' },
        query: { key: '${PERDURE_SECRET_PETS}' },
        ...more,
      },
    },
  }).apis;
  if (pets === undefined) throw new Error('it was just declared');
  return httpTool({ ...pets, name: 'pets' }, operationOf(document, id), {
    guard: createAddressGuard({ allow: [server.host] }),
    secrets: (name) => (name === 'PETS' ? SECRET : undefined),
  });
}
const call = async (made: Tool, args: object) => made.execute(made.args.parse(args), toolContext());

test('a GET reads; its parameters go where the document says, its secrets where the operator says', async () => {
  const made = tool('getPet');
  expect(made).toMatchObject({ name: 'pets__getPet', effect: 'read', source: 'openapi' });
  expect(made.description).toContain('One pet');
  expect(made.inputSchema).toMatchObject({ required: ['id'], additionalProperties: false });
  expect(Object.keys(made.inputSchema?.properties as object)).toEqual(['id', 'fields', 'X-Trace']);
  answer.body = JSON.stringify({ name: 'Rex', echoed: SECRET });
  const result = await call(made, { id: 'a/b ?#', fields: ['x', 'y'], 'X-Trace': 't' });
  expect(result).toEqual({
    output: { status: 200, encoding: 'json', body: { name: 'Rex', echoed: '[secret]' } },
  });
  expect(seen).toMatchObject([
    {
      method: 'GET',
      url: `/v1/pets/a%2Fb%20%3F%23?fields=x&fields=y&key=${SECRET}`,
      headers: { authorization: `Bearer ${SECRET}`, 'x-trace': 't' },
    },
  ]);
});

const found = { ids: [1], owner: { name: 'Ann' } };
test.each<[object, string]>([
  [{}, ''],
  [{ csv: ['a,b', 'c d'] }, 'csv=a%2Cb,c%20d'],
  [{ csv: [] }, ''],
  [{ piped: ['a', 'b'] }, 'piped=a%7Cb'],
  [{ spaced: ['a', 'b'] }, 'spaced=a%20b'],
  [{ where: { name: 'Rex', age: 3, gone: null } }, 'where%5Bname%5D=Rex&where%5Bage%5D=3'],
  [{ page: { after: 'x&y', key: 'mine' } }, 'after=x%26y'],
  [{ flat: { a: 1, b: true } }, 'flat=a,1,b,true'],
  [{ json: { a: [null] } }, 'json=%7B%22a%22%3A%5Bnull%5D%7D'],
  [{ max: null }, ''],
])('lists and objects are written as the document says: %j as %s', async (args, query) => {
  await call(tool('findPets'), { ...found, ...args });
  expect(seen[0]?.url).toBe(`/v1/pets/1/of/name,Ann?${query}${query === '' ? '' : '&'}key=${SECRET}`);
});

test('a list stands in a path and in a header, and leads to no other place', async () => {
  const made = tool('findPets');
  await call(made, { ids: ['a/b', 2], owner: { n: '?' }, 'X-Tags': ['x', 'y'] });
  expect(seen).toMatchObject([
    { url: `/v1/pets/a%2Fb,2/of/n,%3F?key=${SECRET}`, headers: { 'x-tags': 'x,y' } },
  ]);
  for (const args of [
    { ids: ['..'] },
    { ids: [] },
    { ids: [{}] },
    { csv: [null] },
    { page: { a: {} } },
    { 'X-Tags': ['x\r\ny: z'] },
  ])
    await expect(call(made, { ...found, ...args })).rejects.toMatchObject({ code: 'tool_invalid_args' });
  expect(seen).toHaveLength(1);
});

test('bounds of 3.0 are told as JSON Schema has them', () => {
  const { args, inputSchema } = tool('findPets');
  expect(inputSchema).toMatchObject({ properties: { above: { exclusiveMinimum: 0, maximum: 9 } } });
  expect(JSON.stringify(inputSchema)).not.toMatch(/"exclusiveM\w+":(?:true|false)/);
  expect([0, 1, 9, 10].map((above) => args.safeParse({ ...found, above }).success)).toEqual([
    ...[false, true, true, false],
  ]);
});

test('a POST is irreversible, and its body is JSON by the schema, with what that refers to', async () => {
  const made = tool('addPet');
  expect(made.effect).toBe('irreversible');
  expect(JSON.stringify(made.inputSchema)).not.toContain('#/components');
  expect(made.args.safeParse({ body: { name: 5 } }).success).toBe(false);
  expect(made.args.safeParse({ body: { name: 'Rex', nullable: 5 } }).success).toBe(false);
  expect(made.args.safeParse({ body: { name: 'Rex', mother: { name: 5 } } }).success).toBe(false);
  await call(made, { body: { name: 'Rex', mother: { name: 'Ann' } } });
  expect(seen).toMatchObject([{ method: 'POST', headers: { 'content-type': 'application/json' } }]);
  expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ name: 'Rex', mother: { name: 'Ann' } });
});

test.each(['..', '.', ''])('the path parameter %j leads nowhere else', async (id) => {
  await expect(call(tool('deletePet'), { id })).rejects.toMatchObject({ code: 'tool_invalid_args' });
  expect(seen).toEqual([]);
});

test.each([
  [{ status: 404, body: 'no' }, 'tool_failed'],
  [{ status: 302, headers: { location: '/elsewhere' } }, 'tool_failed'],
  [{ status: 429, headers: { 'retry-after': '7' } }, 'tool_unavailable'],
  [{ status: 503 }, 'outcome_unknown'],
  [{ status: 200, cut: true as const }, 'outcome_unknown'],
  [{ status: 200, body: 'x'.repeat(20_000) }, 'tool_limit_exceeded'],
])('of an irreversible call, %j is told as %s', async (given, code) => {
  answer = given;
  await expect(call(tool('addPet', { maxBytes: 10_000 }), { body: { name: 'Rex' } })).rejects.toMatchObject({
    code,
    ...(given.status === 429 ? { retryAfterSeconds: 7 } : {}),
  });
  expect(seen).toHaveLength(1);
});

test('what may be done again is tried again: a read, and what takes an idempotency key', async () => {
  answer = { status: 503 };
  await expect(call(tool('getPet'), { id: '1' })).rejects.toMatchObject({ code: 'tool_unavailable' });
  const keyed = tool('addPet', { idempotencyHeader: 'Idempotency-Key' });
  await expect(call(keyed, { body: { name: 'Rex' } })).rejects.toMatchObject({ code: 'tool_unavailable' });
  expect(seen[1]?.headers).toMatchObject({ 'idempotency-key': 'run/step' });
});

test('the guard holds, also for the operator’s own address', async () => {
  const made = tool('getPet', { baseUrl: 'http://169.254.169.254/' });
  await expect(call(made, { id: '1' })).rejects.toMatchObject({ code: 'address_not_allowed' });
});

test.each([
  ['nothing', 'there is no operation'],
  ['form', 'its body is no JSON'],
  ['odd', 'has the style matrix'],
])('no tool can be made of %s', (id, message) => {
  expect(() => operationOf(document, id)).toThrow(message);
});
