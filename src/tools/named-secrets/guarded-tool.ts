/** A tool that is given secrets for their names, and out of which none comes back. */
import { Readable } from 'node:stream';
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import type { Tool, ToolContext, ToolFiles, ToolResult } from '../tool.js';
import { secretsNamedIn, type NamedSecrets } from './named-secrets.js';
import { createRedaction, type Redaction } from './redaction.js';

/** http_fetch fills in its headers itself, for each depends on the address. */
const FILLS_ITSELF = 'http_fetch';

export function guardedTool(tool: Tool, secrets: NamedSecrets): Tool {
  if (secrets.all.length === 0) return tool;
  const redaction = createRedaction(secrets.all);
  const places = new Set(secrets.all.flatMap((secret) => secret.tools));
  const filled = (args: unknown, tenantId: string): unknown =>
    tool.name === FILLS_ITSELF ? args : fillArgs(args, { tool: tool.name, places, secrets, tenantId });
  const verify = tool.verify?.bind(tool);
  return {
    ...tool,
    execute: (args, context) => {
      const named = secretsNamedIn(JSON.stringify(args)).length > 0;
      return guarded(redaction, () =>
        tool.execute(filled(args, context.tenantId), outward(context, redaction, named)),
      );
    },
    ...(verify === undefined
      ? {}
      : {
          verify: async (args, context) => {
            const found = await quiet(redaction, () => verify(filled(args, context.tenantId), context));
            return 'output' in found ? { ...found, output: clean(redaction, found.output) } : found;
          },
        }),
  };
}

function fillArgs(
  args: unknown,
  {
    tool,
    places,
    secrets,
    tenantId,
  }: { tool: string; places: ReadonlySet<string>; secrets: NamedSecrets; tenantId: string },
): unknown {
  if (typeof args !== 'object' || args === null) return args;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]: [string, unknown]) => {
      const place = `${tool}.${name}`;
      return [
        name,
        typeof value === 'string' && places.has(place) ? secrets.fill(value, { tenantId, place }) : value,
      ];
    }),
  );
}

async function guarded(redaction: Redaction, execute: () => Promise<ToolResult>): Promise<ToolResult> {
  const result = await quiet(redaction, execute);
  return 'output' in result ? { output: clean(redaction, result.output) } : result;
}

/** What was thrown, without what it may say of a secret; its cause goes, for logs tell of causes. */
async function quiet<Value>(redaction: Redaction, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Error)) throw new Error(redaction.text(String(error)));
    const said = [error.message, error.stack ?? '', causes(error)].join('\n');
    if (redaction.text(said) === said) throw error;
    if (!(error instanceof PerdureError)) throw new Error(redaction.text(error.message));
    const { code, errors, retryAfterSeconds } = error;
    throw new PerdureError(code, redaction.text(error.message), {
      errors: errors.map(({ field, message }) => ({ field, message: redaction.text(message) })),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
}

const causes = (error: Error): string => {
  const { cause } = error;
  return cause instanceof Error ? `${cause.message}\n${cause.stack ?? ''}\n${causes(cause)}` : String(cause);
};

function clean(redaction: Redaction, output: JsonValue): JsonValue {
  // A tool of somebody's own may hand out anything; what is no JSON is told of where it is stored.
  const json = JSON.stringify(output) as string | undefined;
  if (json === undefined) return output;
  const text = redaction.text(json);
  return text === json ? output : (JSON.parse(text) as JsonValue);
}

/** @param named whether this call has been given a secret, which its files may then hold */
function outward(context: ToolContext, redaction: Redaction, named: boolean): ToolContext {
  return {
    ...context,
    progress: (message) => {
      context.progress(redaction.text(message));
    },
    write: (piece) => {
      context.write(piece === null ? null : redaction.text(piece));
    },
    ...(named ? { files: cleanFiles(context.files, redaction) } : {}),
  };
}

const cleanFiles = (files: ToolFiles, redaction: Redaction): ToolFiles => ({
  ...files,
  write: (path, content) => {
    const source = content instanceof Readable ? content : Readable.from([Buffer.from(content)]);
    const cleaned = redaction.stream();
    source.on('error', (error) => cleaned.destroy(error));
    return files.write(path, source.pipe(cleaned));
  },
});
