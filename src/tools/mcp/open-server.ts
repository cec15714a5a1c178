/** The way to a declared MCP server, with its secrets put in: they are known to its transport alone. */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import path from 'node:path';
import { PerdureError } from '../../../contracts/errors.js';
import type { Logger } from '../../ports/logger.js';
import type { AddressGuard } from '../address-guard.js';
import { createGuardedFetch } from '../guarded-fetch.js';
import { withSecrets, type Secrets } from '../secrets.js';
import type { McpServer } from './declaration.js';
import type { Opened } from './session.js';
import { StdioTransport } from './stdio-transport.js';

export interface ServerSurroundings {
  guard: AddressGuard;
  secrets: Secrets;
  /** Of the file that declares it. */
  folder: string;
  logger: Logger;
  redact: (text: string) => string;
}

/** Bytes that a message has beside the answer in it. */
const ENVELOPE_BYTES = 64_000;
/** Of what a child has said before it ended, for its error. */
const LAST_LINES = 5;

/** @throws PerdureError `tool_not_configured`, `tool_unavailable` */
export const openServer = (server: McpServer, around: ServerSurroundings): Opened =>
  'command' in server ? openChild(server, around) : openHttp(server, around);

function openChild(
  server: Extract<McpServer, { command: string }>,
  { secrets, folder, logger, redact }: ServerSurroundings,
): Opened {
  const lastLines: string[] = [];
  const transport = new StdioTransport({
    command: server.command,
    args: server.args,
    env: allWithSecrets(server.env, secrets),
    cwd: path.resolve(folder, server.cwd ?? '.'),
    maxLineBytes: server.maxBytes + ENVELOPE_BYTES,
    onLog: (line) => {
      const shown = redact(line);
      logger.debug({ mcpServer: server.name }, shown);
      lastLines.push(shown);
      // The cause often stands before a line that names a log.
      if (lastLines.length > LAST_LINES) lastLines.shift();
    },
  });
  return {
    transport,
    fault: () =>
      transport.fault ??
      (transport.hasEnded && lastLines.length > 0
        ? new PerdureError('tool_unavailable', `it ended; the last that it said: ${lastLines.join(' / ')}`)
        : undefined),
    release: () => transport.close(),
  };
}

function openHttp(
  server: Extract<McpServer, { url: string }>,
  { guard, secrets }: ServerSurroundings,
): Opened {
  const url = new URL(server.url);
  const guarded = createGuardedFetch(guard, url.origin, server.maxBytes + ENVELOPE_BYTES);
  const transport = new StreamableHTTPClientTransport(url, {
    fetch: guarded.fetch,
    requestInit: { headers: allWithSecrets(server.headers, secrets) },
  });
  return {
    transport,
    fault: () => undefined,
    release: async () => {
      await transport.terminateSession().catch(() => undefined);
      await transport.close();
      await guarded.close();
    },
  };
}

const allWithSecrets = (given: Readonly<Record<string, string>>, secrets: Secrets): Record<string, string> =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, withSecrets(text, secrets)]));
