/** The tool `http_fetch`: reads from public web addresses, into the step's output or into a file. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { createAddressGuard, urlProblem, type Resolve } from './address-guard.js';
import { decompressed, limited, readBody, tooLarge } from './http-body.js';
import { exchange, type Exchange } from './http-exchange.js';
import { refusal, unavailable } from './http-failure.js';
import { answerHeaders, filledHeaders, headerProblem, requestHeaders } from './http-headers.js';
import { noSecrets, type NamedSecrets } from './named-secrets/named-secrets.js';
import { pathArg } from './path-arg.js';
import { defineTool, type Tool, type ToolContext } from './tool.js';

const LARGEST_INLINE = 5_000_000;
const LARGEST_FILE = 100_000_000;

const argsSchema = z
  .strictObject({
    url: z.string().superRefine((text, refinement) => {
      const problem = URL.canParse(text) ? urlProblem(new URL(text)) : 'it must be an absolute URL';
      if (problem !== undefined)
        refinement.addIssue({ code: 'custom', message: `may not be called: ${problem}` });
    }),
    method: z.enum(['GET', 'HEAD']).default('GET'),
    headers: z.record(z.string(), z.string()).default({}),
    saveAs: pathArg().optional(),
    maxBytes: z.int().min(1).max(LARGEST_FILE).optional(),
    timeoutSeconds: z.number().min(1).max(300).default(60),
  })
  .superRefine(({ headers, method, saveAs, maxBytes }, refinement) => {
    const refuse = (path: string[], message: string): void => {
      refinement.addIssue({ code: 'custom', path, message });
    };
    for (const [name, value] of Object.entries(headers)) {
      const problem = headerProblem(name, value);
      if (problem !== undefined) refuse(['headers', name], problem);
    }
    if (saveAs !== undefined && method === 'HEAD')
      refuse(['saveAs'], 'needs method GET: HEAD answers have no body');
    if (saveAs === undefined && maxBytes !== undefined && maxBytes > LARGEST_INLINE)
      refuse(['maxBytes'], `must be at most ${LARGEST_INLINE} without saveAs`);
  });

type Args = z.infer<typeof argsSchema>;

/**
 * @param options.secrets that headers may name
 * @param options.resolve looks host names up; the system's resolver unless told
 */
export function createHttpFetch(options: {
  httpAllow: readonly string[];
  httpDeny?: readonly string[] | undefined;
  secrets?: NamedSecrets;
  resolve?: Resolve;
  tracer?: Tracer;
}): Tool {
  const { secrets = noSecrets, tracer = noTracer } = options;
  const guard = createAddressGuard({
    allow: options.httpAllow,
    deny: options.httpDeny,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  return defineTool({
    name: 'http_fetch',
    description:
      'Fetches a public http(s) URL with GET or HEAD and follows up to 5 redirects. ' +
      `Without saveAs the body comes inline, at most maxBytes (1000000 unless told, up to ${LARGEST_INLINE}); ` +
      `with saveAs it is written to that file of the run (up to ${LARGEST_FILE} bytes). Output: {status, url, ` +
      'headers, bytes} and either {path} or {encoding, body}: encoding "json" with the parsed value, "text", or ' +
      '"base64" for other bytes. Statuses other than 2xx fail the step; 408, 425, 429 and 5xx are tried again.' +
      secrets.words,
    args: argsSchema,
    effect: 'read',
    timeoutSeconds: 310,
    async execute(args, context) {
      context.signal.throwIfAborted();
      const url = new URL(args.url);
      await context.reach(url);
      const headers = requestHeaders(
        filledHeaders(args.headers, (text) => secrets.fill(text, { tenantId: context.tenantId, url })),
      );
      const controller = new AbortController();
      const stop = (): void => {
        controller.abort(context.signal.reason);
      };
      context.signal.addEventListener('abort', stop, { once: true });
      const timer = setTimeout(() => {
        controller.abort(
          new PerdureError('tool_timeout', `no whole answer within timeoutSeconds (${args.timeoutSeconds})`),
        );
      }, args.timeoutSeconds * 1000);
      try {
        const hop = { url, method: args.method, headers };
        const output = await exchange(hop, { guard, tracer, signal: controller.signal }, async (answer) =>
          readAnswer(answer, args, context),
        );
        return { output };
      } catch (error) {
        // After an abort every stream fails in its own words; the reason says more than they do.
        controller.signal.throwIfAborted();
        throw error instanceof PerdureError ? error : unavailable(error, new URL(args.url));
      } finally {
        clearTimeout(timer);
        context.signal.removeEventListener('abort', stop);
      }
    },
  });
}

async function readAnswer({ url, response }: Exchange, args: Args, context: ToolContext): Promise<JsonValue> {
  const { statusCode: status } = response;
  const headers = answerHeaders(response.headers);
  if (status < 200 || status > 299) throw await refusal(url, response);
  const output = { status, url: url.href, headers };
  // A compressed answer to HEAD has the header without the body.
  if (args.method === 'HEAD' || status === 204) return { ...output, bytes: 0 };

  const maxBytes = args.maxBytes ?? (args.saveAs === undefined ? 1_000_000 : LARGEST_FILE);
  const encoding = headers['content-encoding'] ?? '';
  if (encoding === '' && Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks = limited(decompressed(response.body, encoding), maxBytes);
  if (args.saveAs !== undefined) {
    const info = await save(chunks, args.saveAs, context);
    return { ...output, bytes: info.bytes, path: info.path };
  }
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  return { ...output, bytes: bytes.length, ...readBody(bytes, headers['content-type'] ?? '') };
}

async function save(
  chunks: AsyncIterable<Buffer>,
  path: string,
  context: ToolContext,
): Promise<{ path: string; bytes: number }> {
  let failure: { error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Buffer> {
    try {
      yield* chunks;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  context.progress(`downloading to ${path}`);
  try {
    return await context.files.write(path, Readable.from(watched(), { objectMode: false }));
  } catch (error) {
    // The workspace reports a broken download as its own failure; what broke it decides the step's fate.
    throw failure === undefined ? error : failure.error;
  }
}
