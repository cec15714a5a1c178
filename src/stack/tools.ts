/** The operator's own tools, from the files of a folder: read whole and checked, so that no start has half of them. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import type { FolderTools } from './folder-tools.js';

/** @throws ConfigError naming what is wrong with a file */
export async function openTools(
  config: Config,
  logger: Logger,
  tracer: Tracer = noTracer,
): Promise<FolderTools> {
  const { path: folder, isNamed } = config.toolsFolder;
  if (!existsSync(folder)) {
    if (isNamed) throw new ConfigError(`PERDURE_TOOLS_DIR names ${folder}, which is not there`);
    return { tools: [], close: () => Promise.resolve() };
  }
  const parts: FolderTools[] = [];
  // Loaded where there is something to do with it: a start without such tools is as quick as before.
  if (hasMcpServers(config))
    parts.push((await import('./mcp-servers.js')).openMcpServers(config, logger, tracer));
  if (existsSync(path.join(folder, 'http.yaml'))) {
    const { openHttpApis } = await import('./http-apis.js');
    parts.push({ tools: openHttpApis(config, tracer), close: () => Promise.resolve() });
  }
  const files = toolFiles(folder);
  if (files.length > 0) {
    const { loadOwnTools } = await import('./own-tools.js');
    parts.push({ tools: await loadOwnTools(files), close: () => Promise.resolve() });
  }
  return {
    tools: parts.flatMap(({ tools }) => tools),
    close: async () => {
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

export const hasMcpServers = ({ toolsFolder }: Config): boolean =>
  existsSync(path.join(toolsFolder.path, 'mcp.yaml'));

/** By their ending, so that what lies beside them is left alone. */
const toolFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.tool\.(?:ts|js|mjs)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
