/** The MCP servers of mcp.yaml, and what a person has accepted of them, in mcp.lock.json. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { createAddressGuard } from '../tools/address-guard.js';
import { isOffered, mcpFileSchema, toolNameOf, type McpServer } from '../tools/mcp/declaration.js';
import { mcpTools } from '../tools/mcp/mcp-tools.js';
import { openServer } from '../tools/mcp/open-server.js';
import {
  changesOf,
  emptyLock,
  isTooLarge,
  lockFileSchema,
  pinOf,
  type LockFile,
  type Pin,
  type PinChange,
} from '../tools/mcp/pins.js';
import { createSession, type McpSession } from '../tools/mcp/session.js';
import { redactor } from '../tools/secrets.js';
import type { FolderTools } from './folder-tools.js';
import { readToolFile } from './tool-file.js';

/** No server is called before the first step that needs it: a start waits for none. */
export function openMcpServers(config: Config, logger: Logger, tracer: Tracer = noTracer): FolderTools {
  const folder = config.toolsFolder.path;
  const lock = readLock(folder);
  const opened = readServers(folder).map((server) => {
    const accepted = lock.servers[server.name] ?? {};
    if (Object.keys(accepted).length === 0)
      logger.warn(
        { mcpServer: server.name },
        `nothing of the MCP server ${server.name} is accepted yet: perdure tools accept ${server.name}`,
      );
    const { session, redact } = sessionOf(server, config, logger, tracer);
    return { session, tools: mcpTools({ server, accepted, session, redact, logger }) };
  });
  const tools = opened.flatMap((each) => each.tools);
  const twice = tools.find(({ name }, i) => tools.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new ConfigError(`mcp.lock.json: two tools would be called ${twice.name}`);
  return {
    tools,
    close: async () => {
      await Promise.all(opened.map(({ session }) => session.close()));
    },
  };
}

export interface ServerReport {
  server: string;
  /** Empty where all is as it was accepted. */
  changes: PinChange[];
  /** Why it could not be asked; null when it was. */
  error: string | null;
}

/**
 * Asks the servers what they offer, and holds it against what was accepted.
 * @param only one of them; all where undefined
 * @param accept takes what they offer now for accepted
 * @throws ConfigError for a file that cannot be used, and for a server that is not declared
 */
export async function compareMcpServers(
  config: Config,
  logger: Logger,
  { only, accept }: { only?: string; accept: boolean },
): Promise<ServerReport[]> {
  const folder = config.toolsFolder.path;
  const all = existsSync(path.join(folder, 'mcp.yaml')) ? readServers(folder) : [];
  const servers = only === undefined ? all : all.filter(({ name }) => name === only);
  if (only !== undefined && servers.length === 0)
    throw new ConfigError(`${path.join(folder, 'mcp.yaml')} declares no server ${only}`);
  const lock = readLock(folder);
  const reports: ServerReport[] = [];
  for (const server of servers) {
    const { session } = sessionOf(server, config, logger);
    try {
      const offered = (await session.list()).filter(({ name }) => isOffered(server, name));
      const changes = changesOf(lock.servers[server.name] ?? {}, offered);
      reports.push({ server: server.name, changes, error: null });
      const kept = offered.map((tool): [string, Pin] => [tool.name, pinOf(tool)]);
      lock.servers[server.name] = Object.fromEntries(
        kept
          .filter(([name, pin]) => !isTooLarge(pin) && toolNameOf(server.name, name) !== undefined)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
    } catch (error) {
      reports.push({
        server: server.name,
        changes: [],
        error: error instanceof Error ? error.message : String(error),
      });
    } finally {
      await session.close();
    }
  }
  if (accept) writeLock(folder, lock);
  return reports;
}

function sessionOf(
  server: McpServer,
  config: Config,
  logger: Logger,
  tracer: Tracer = noTracer,
): { session: McpSession; redact: (text: string) => string } {
  const secrets = (name: string): string | undefined => config.toolSecrets[name];
  const redact = redactor(Object.values('command' in server ? server.env : server.headers), secrets);
  const around = {
    guard: createAddressGuard({ allow: config.httpAllow, deny: config.httpDeny }),
    secrets,
    folder: config.toolsFolder.path,
    logger,
    redact,
  };
  return { session: createSession(server, () => openServer(server, around), tracer), redact };
}

const readServers = (folder: string): McpServer[] =>
  Object.entries(readToolFile(path.join(folder, 'mcp.yaml'), mcpFileSchema).servers).map(
    ([name, server]): McpServer => ({ ...server, name }),
  );

const lockFile = (folder: string): string => path.join(folder, 'mcp.lock.json');

function readLock(folder: string): LockFile {
  const file = lockFile(folder);
  return existsSync(file) ? readToolFile(file, lockFileSchema) : structuredClone(emptyLock);
}

/** Whole or not at all. */
function writeLock(folder: string, lock: LockFile): void {
  const servers = Object.fromEntries(Object.entries(lock.servers).sort(([a], [b]) => (a < b ? -1 : 1)));
  const temporary = `${lockFile(folder)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify({ version: 1, servers }, null, 2)}\n`);
  renameSync(temporary, lockFile(folder));
}
