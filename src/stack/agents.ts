/** Who carries goals out, and the models that they ask: checked before anything is opened. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readAgents, type LoadedAgent } from '../adapters/agents/read-agents.js';
import { openModels } from '../adapters/models/open-models.js';
import { openPackages } from '../adapters/models/provider-packages.js';
import type { Config } from '../config/env.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Logger } from '../ports/logger.js';
import type { Models } from '../ports/model.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import type { ToolRegistry } from '../tools/registry.js';
import type { Tool } from '../tools/tool.js';
import { openModelFetch } from './model-fetch.js';
import type { Releasers } from './releasers.js';
import { openToolRegistry } from './tool-registry.js';

export interface AgentParts {
  agents: AgentCatalog;
  models: Models;
  tools: ToolRegistry;
}

/**
 * @param more tools beside those that are built in
 * @throws ConfigError for a model, a file or an agent that cannot be used
 */
export async function openAgents(
  config: Config,
  more: readonly Tool[],
  logger: Logger,
  releasers: Releasers,
  tracer: Tracer = noTracer,
): Promise<AgentParts> {
  const tools = await openToolRegistry(config, more, logger, releasers, tracer);
  const way = openModelFetch(config);
  releasers.push('the connections to models', () => way.close());
  const packages = await openPackages(config.models, way.fetch, tracer);
  const models = openModels(
    config.models,
    way.fetch,
    logger.child({ component: 'models' }),
    tracer,
    packages,
  );
  const loaded = await loadAgentFiles(config.agentsFolder.path);
  const agents = readAgents({
    loaded,
    folder: config.agentsFolder,
    tools: tools.list().map(({ name }) => name),
    models: config.models,
  });
  // A script that is missing is told now, and not by the first run.
  for (const agent of agents.list())
    for (const names of Object.values(agent.models)) if (names.length > 0) models.of(names);
  const parts: AgentParts = { agents, models, tools };
  return parts;
}

/** Agents in TypeScript or JavaScript, by their ending. */
async function loadAgentFiles(folder: string): Promise<LoadedAgent[]> {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder)
    .filter((name) => /\.agent\.(?:ts|js|mjs)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
  if (files.length === 0) return [];
  const { loadFiles } = await import('./load-files.js');
  const contents = await loadFiles(files, (content) => content);
  return contents.map((content, i) => ({ file: files[i] ?? '', content }));
}
