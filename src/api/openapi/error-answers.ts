/** The answers of 4xx and 5xx of an operation: by status, with the codes that it can have. */
import { api, type Problem, type RouteName } from '../../../contracts/api.js';
import { errorTable, type ErrorCode } from '../../../contracts/errors.js';
import { headerRefs, type HeaderName } from './headers.js';
import type { Json } from './json.js';
import { ref, type Operation } from './operation.js';

const STATUS_HEADERS: Partial<Record<number, HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  416: ['Content-Range'],
  429: ['Retry-After', 'RateLimit-Policy', 'RateLimit'],
  503: ['Retry-After'],
};

/** What any request may be answered with. */
const everywhere: ErrorCode[] = [
  'malformed_http',
  'headers_too_large',
  'request_timeout',
  'host_not_allowed',
  'internal',
];

/** Every code that the call can be answered with: its own, and those that follow from the route. */
export function errorCodesOf(name: RouteName, operation: Operation): ErrorCode[] {
  const { scope, path } = api[name];
  const codes = new Set<ErrorCode>([...everywhere, ...(operation.errors ?? [])]);
  const add = (when: boolean, ...more: ErrorCode[]): void => {
    if (when) for (const code of more) codes.add(code);
  };
  // An API key is looked up in the database.
  add(scope !== null, 'unauthenticated', 'sign_in_unavailable', 'store_unavailable');
  // Where `read` is enough, a link that was shared still opens one run only, and a key of the scope audit no run.
  add(scope !== null, 'insufficient_scope');
  add(path.includes('{id}'), 'run_not_found', 'run_not_recorded', 'temporal_unavailable');
  // An address with a "%" that begins no encoded character.
  add(path.includes('{'), 'not_found');
  add(
    operation.body !== undefined && 'schema' in operation.body,
    'malformed_json',
    'unsupported_media_type',
    'body_too_large',
    'invalid_request',
  );
  return [...codes].sort();
}

export function errorAnswers(codes: readonly ErrorCode[]): Json {
  const statuses = [...new Set(codes.map((code) => errorTable[code].status))];
  return Object.fromEntries(
    statuses.map((status) => {
      const [code = 'internal', ...more] = codes.filter((each) => errorTable[each].status === status);
      return [
        String(status),
        more.length === 0 ? { $ref: `#/components/responses/${code}` } : answerOf(status, [code, ...more]),
      ];
    }),
  );
}

/** Of each code by itself. */
export const problemAnswers = (): Json =>
  Object.fromEntries(
    (Object.keys(errorTable) as ErrorCode[])
      .sort()
      .map((code) => [code, answerOf(errorTable[code].status, [code])]),
  );

const answerOf = (status: number, codes: readonly ErrorCode[]): Json => ({
  description: codes.map((code) => `\`${code}\`: ${errorTable[code].title}.`).join(' '),
  headers: headerRefs(['X-Request-Id', ...(STATUS_HEADERS[status] ?? [])]),
  content: {
    'application/problem+json': {
      schema: { allOf: [ref('Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
      examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
    },
  },
});

/** One of each code. */
export const problemExamples = (): Json =>
  Object.fromEntries(
    (Object.keys(errorTable) as ErrorCode[]).sort().map((code) => {
      const { title, status, advice } = errorTable[code];
      const value: Problem = {
        type: `urn:perdure:error:${code}`,
        title,
        status,
        code,
        detail: title,
        advice,
        requestId: '0b0f3a52-6f0e-4b0e-9d53-6a3c5a1f7e11',
      };
      return [code, { summary: title, value }];
    }),
  );
