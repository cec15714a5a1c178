/** One operation of an HTTP API as a tool: its address and its secrets are the operator's, its arguments the plan's. */
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import { noTracer } from '../../ports/no-tracer.js';
import type { Tracer } from '../../ports/tracer.js';
import type { AddressGuard } from '../address-guard.js';
import { decompressed, limited, readBody } from '../http-body.js';
import { exchange, type Exchange } from '../http-exchange.js';
import { refusal, unavailable } from '../http-failure.js';
import { answerHeaders, headerProblem, requestHeaders } from '../http-headers.js';
import { looseArgs } from '../loose-args.js';
import { redactor, withSecrets, type Secrets } from '../secrets.js';
import { defineTool, type Effect, type Tool, type ToolContext } from '../tool.js';
import type { HttpApi } from './declaration.js';
import type { Operation } from './document.js';
import { parameterOf, queryPairs, simpleText } from './parameters.js';

type Args = Record<string, JsonValue>;

export function httpTool(
  api: HttpApi,
  operation: Operation,
  { guard, secrets, tracer = noTracer }: { guard: AddressGuard; secrets: Secrets; tracer?: Tracer },
): Tool {
  const effect = api.effects[operation.id] ?? defaultEffect(operation);
  const redact = redactor([...Object.values(api.headers), ...Object.values(api.query)], secrets);
  return defineTool({
    name: `${api.name}__${operation.id.replaceAll(/[^\w-]/g, '_')}`,
    description: `${operation.description}\nOutput: {status, encoding, body}: the body as JSON, as text, or in base64.`,
    args: looseArgs(operation.inputSchema),
    inputSchema: operation.inputSchema,
    source: 'openapi',
    effect,
    timeoutSeconds: api.timeoutSeconds,
    keyed: api.idempotencyHeader !== undefined,
    async execute(args, context) {
      context.signal.throwIfAborted();
      const url = addressOf(api, operation, args, secrets);
      const headers = headersOf(api, operation, args, { secrets, context });
      const body = operation.hasBody && args.body !== undefined ? JSON.stringify(args.body) : undefined;
      try {
        const output = await exchange(
          { url, method: operation.method, headers, ...(body === undefined ? {} : { body }) },
          { guard, tracer, signal: context.signal, maxRedirects: 0 },
          async (answer) => readAnswer(answer, api),
        );
        return { output: JSON.parse(redact(JSON.stringify(output))) as JsonValue };
      } catch (error) {
        context.signal.throwIfAborted();
        const known = error instanceof PerdureError ? error : unavailable(error, url);
        throw judged(known, redact, effect, api);
      }
    },
  });
}

const defaultEffect = ({ method }: Operation): Effect =>
  method === 'GET' || method === 'HEAD' ? 'read' : 'irreversible';

/** @throws PerdureError `tool_invalid_args` for what would lead to another address than the operation's */
function addressOf(api: HttpApi, operation: Operation, args: Args, secrets: Secrets): URL {
  const base = api.baseUrl.replace(/\/+$/, '');
  const path = operation.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => {
    const parameter = operation.parameters.find((each) => each.place === 'path' && each.name === name);
    const text = simpleText(parameter ?? parameterOf(name, 'path', {}), args[name], encodeURIComponent);
    // The only segments that an address does not keep as they are.
    if (/^\.{0,2}$/.test(text))
      throw new PerdureError('tool_invalid_args', `args.${name} must not be ${JSON.stringify(text)}`);
    return text;
  });
  const url = new URL(base + path);
  const pairs = operation.parameters.flatMap((parameter) => {
    const value = args[parameter.name];
    // A query has no word for null.
    return parameter.place === 'query' && value !== undefined && value !== null
      ? queryPairs(parameter, value)
      : [];
  });
  // The operator's word goes last, and alone.
  const own = Object.entries(api.query).map(([name, text]) => ({
    name,
    text: encodeURIComponent(withSecrets(text, secrets)),
  }));
  const given = pairs.filter(({ name }) => !Object.hasOwn(api.query, name));
  // By hand: a form's encoding would take a comma between values for one within a value.
  url.search = [...given, ...own].map(({ name, text }) => `${encodeURIComponent(name)}=${text}`).join('&');
  return url;
}

function headersOf(
  api: HttpApi,
  operation: Operation,
  args: Args,
  { secrets, context }: { secrets: Secrets; context: ToolContext },
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const parameter of operation.parameters) {
    const { name, place } = parameter;
    const value = args[name];
    if (place !== 'header' || value === undefined || value === null) continue;
    const text = simpleText(parameter, value);
    const problem = headerProblem(name, text);
    if (problem !== undefined) throw new PerdureError('tool_invalid_args', `args.${name} ${problem}`);
    given[name.toLowerCase()] = text;
  }
  const { idempotencyHeader } = api;
  if (idempotencyHeader !== undefined) given[idempotencyHeader.toLowerCase()] = context.idempotencyKey;
  // The operator's word goes last.
  for (const [name, text] of Object.entries(api.headers))
    given[name.toLowerCase()] = withSecrets(text, secrets);
  const type: Record<string, string> =
    operation.hasBody && args.body !== undefined ? { 'content-type': 'application/json' } : {};
  return requestHeaders({ accept: 'application/json, */*', ...type, ...given });
}

async function readAnswer({ url, response }: Exchange, { maxBytes }: HttpApi): Promise<JsonValue> {
  const { statusCode: status } = response;
  if (status < 200 || status > 299) throw await refusal(url, response);
  const headers = answerHeaders(response.headers);
  const parts: Buffer[] = [];
  for await (const chunk of limited(decompressed(response.body, headers['content-encoding'] ?? ''), maxBytes))
    parts.push(chunk);
  return { status, ...readBody(Buffer.concat(parts), headers['content-type'] ?? '') };
}

/** A call that may not be made twice is made again only where the API has said that it took nothing. */
function judged(
  error: PerdureError,
  redact: (text: string) => string,
  effect: Effect,
  api: HttpApi,
): PerdureError {
  const message = redact(error.message);
  const { retryAfterSeconds } = error;
  const hasTakenNothing = /^HTTP (?:425|429) /.test(error.message) || isBeforeSending(error);
  const mayRepeat = effect !== 'irreversible' || api.idempotencyHeader !== undefined || hasTakenNothing;
  if (!error.retryable || mayRepeat)
    return new PerdureError(error.code, message, {
      cause: error.cause,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  return new PerdureError('outcome_unknown', message, {
    cause: error.cause,
  });
}

/** No connection was made. */
function isBeforeSending({ cause }: PerdureError): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
  ].includes(code);
}
