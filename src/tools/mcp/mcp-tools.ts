/** Tools of an MCP server, as far as a person has accepted them. */
import type { CallToolResult, Tool as OfferedTool } from '@modelcontextprotocol/sdk/types.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import type { Logger } from '../../ports/logger.js';
import { looseArgs } from '../loose-args.js';
import { defineTool, type Tool } from '../tool.js';
import { effectOf, isOffered, toolNameOf, type McpServer } from './declaration.js';
import { hashOf, pinOf, type Pin } from './pins.js';
import type { McpSession } from './session.js';

const MAX_SCHEMA_CHARACTERS = 2_000;

export interface McpToolParts {
  server: McpServer;
  /** By the server's own names. */
  accepted: Readonly<Record<string, Pin>>;
  session: McpSession;
  redact: (text: string) => string;
  logger: Logger;
}

export const mcpTools = (parts: McpToolParts): Tool[] =>
  Object.entries(parts.accepted)
    .filter(([tool]) => isOffered(parts.server, tool))
    .flatMap(([tool, pin]) => mcpTool(tool, pin, parts) ?? []);

function mcpTool(tool: string, pin: Pin, parts: McpToolParts): Tool | undefined {
  const { server, session, redact } = parts;
  const name = toolNameOf(server.name, tool);
  if (name === undefined) return undefined;
  const effect = effectOf(server, tool);
  return defineTool({
    name,
    description: descriptionOf(tool, pin, server),
    args: looseArgs(pin.inputSchema),
    inputSchema: pin.inputSchema,
    source: 'mcp',
    effect,
    timeoutSeconds: server.timeoutSeconds,
    async execute(args, context) {
      const { signal } = context;
      signal.throwIfAborted();
      try {
        const result = await session.call(tool, args, {
          signal,
          timeoutMs: server.timeoutSeconds * 1_000,
          mayRepeat: effect !== 'irreversible',
          check: (offered) => {
            refuseChanged(tool, pin, offered, parts);
          },
          onProgress: (message) => {
            context.progress(redact(message));
          },
        });
        return { output: outputOf(result, server, redact) };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof PerdureError)) throw error;
        throw new PerdureError(error.code, redact(error.message), { cause: error.cause });
      }
    },
  });
}

function refuseChanged(
  tool: string,
  pin: Pin,
  offered: readonly OfferedTool[],
  { server, logger }: McpToolParts,
): void {
  const now = offered.find(({ name }) => name === tool);
  if (now === undefined)
    throw new PerdureError('tool_changed', `${server.name} does not offer ${tool} any more`);
  if (hashOf(pinOf(now)) === hashOf(pin)) return;
  const message = `${server.name} says something else of ${tool} than what was accepted`;
  logger.warn({ mcpServer: server.name, tool }, message);
  throw new PerdureError('tool_changed', message);
}

function descriptionOf(tool: string, { title, description, outputSchema }: Pin, { name }: McpServer): string {
  const said = description.trim() === '' ? (title ?? `${tool} of the MCP server ${name}`) : description;
  const structured =
    outputSchema === undefined
      ? ''
      : `, structured by ${JSON.stringify(outputSchema).slice(0, MAX_SCHEMA_CHARACTERS)}`;
  return `${said}\nOutput: {text, structured?, content?}: content is what is no text${structured}.`;
}

/** @throws PerdureError `tool_failed` with the server's words, where it says that the call has failed */
function outputOf(result: CallToolResult, server: McpServer, redact: (text: string) => string): JsonValue {
  const text = result.content
    .map((item) => (item.type === 'text' ? item.text : ''))
    .join('\n')
    .trim();
  if (result.isError === true) throw new PerdureError('tool_failed', text.slice(0, 1_000) || 'it failed');
  const others = result.content.filter(({ type }) => type !== 'text');
  const output = {
    text,
    ...(result.structuredContent === undefined ? {} : { structured: result.structuredContent }),
    ...(others.length === 0 ? {} : { content: others }),
  };
  const json = JSON.stringify(output);
  if (Buffer.byteLength(json) > server.maxBytes)
    throw new PerdureError(
      'tool_limit_exceeded',
      `the answer has ${Buffer.byteLength(json)} bytes, more than maxBytes (${server.maxBytes}) of ${server.name}`,
    );
  return JSON.parse(redact(json)) as JsonValue;
}
