/** fetch that holds every answer of the API against its OpenAPI document. */
import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { api, type RouteName } from '../../../contracts/api.js';
import { openApiDocument } from '../openapi/document.js';

interface DocumentedAnswer {
  $ref?: string;
  content?: Record<string, unknown>;
  headers?: Record<string, unknown>;
}
type Paths = Record<string, Record<string, { responses: Record<string, DocumentedAnswer> }>>;

const document = openApiDocument();
const { paths, components } = document as {
  paths: Paths;
  components: { responses: Record<string, DocumentedAnswer> };
};
// The document holds more than schemas, which strict mode would refuse.
const ajv = new Ajv2020.default({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ ...document, $id: 'openapi' });

const routes = (Object.keys(api) as RouteName[]).map((name) => ({
  name,
  method: api[name].method,
  path: api[name].path,
  matches: new RegExp(`^${api[name].path.replace('{path}', '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Every status that was answered by each call without a problem, for a test that wants to have seen them all. */
export const seen = new Map<RouteName, Set<number>>();

/** @throws Error where status, content type, headers or body are not those of the document */
export async function checkedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(input, init);
  const method = (init.method ?? 'GET').toUpperCase();
  const { pathname } = new URL(response.url);
  const route = routes.find(
    (each) => each.method === (method === 'HEAD' ? 'GET' : method) && each.matches.test(pathname),
  );
  if (route === undefined) return response;
  const what = `${method} ${route.path} answered ${response.status}`;
  const [at, documented] = answerIn(route.path, route.method.toLowerCase(), String(response.status));
  if (documented === undefined) throw new Error(`${what}, which is not documented`);
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true)
    seen.set(route.name, (seen.get(route.name) ?? new Set()).add(response.status));
  checkHeaders(what, documented, response);
  if (method !== 'HEAD') await checkBody(what, documented, at, response);
  return response;
}

/** Where the answer stands, and what. */
function answerIn(path: string, method: string, status: string): [string, DocumentedAnswer | undefined] {
  const answer = paths[path]?.[method]?.responses[status];
  const shared = /^#\/components\/responses\/(.*)$/.exec(answer?.$ref ?? '')?.[1];
  if (shared === undefined) return [pointer('paths', path, method, 'responses', status), answer];
  return [pointer('components', 'responses', shared), components.responses[shared]];
}

function checkHeaders(what: string, documented: DocumentedAnswer, response: Response): void {
  if (!response.headers.has('x-request-id')) throw new Error(`${what} without X-Request-Id`);
  for (const name of Object.keys(documented.headers ?? {})) {
    const value = response.headers.get(name);
    if (value !== null)
      check(`${what} with ${name}`, pointer('components', 'headers', name, 'schema'), value);
  }
}

async function checkBody(
  what: string,
  { content }: DocumentedAnswer,
  at: string,
  response: Response,
): Promise<void> {
  const type = response.headers.get('content-type')?.split(';')[0];
  if (content === undefined) {
    const text = await response.clone().text();
    if (text !== '') throw new Error(`${what} with a body, which is not documented`);
    return;
  }
  const documented = type !== undefined && type in content ? type : '*/*' in content ? '*/*' : undefined;
  if (documented === undefined) throw new Error(`${what} as ${String(type)}, which is not documented`);
  if (!/^application\/(?:problem\+)?json$/.test(documented)) return;
  const body: unknown = await response.clone().json();
  check(what, at + pointer('content', documented, 'schema').slice(1), body);
}

function check(what: string, at: string, value: unknown): void {
  const validate = ajv.compile({ $ref: `openapi${at}` });
  if (!validate(value))
    throw new Error(`${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
}

/** A JSON pointer as the fragment of an address. */
const pointer = (...keys: string[]): string =>
  `#${keys.map((key) => `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
