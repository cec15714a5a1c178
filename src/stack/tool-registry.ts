/** The tools of a process, and where the calls of each are made. */
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { agentTool } from '../agents/agent-tool.js';
import { delegateTool } from '../agents/delegate-tool.js';
import { createToolRegistry, type ToolRegistry } from '../tools/registry.js';
import type { Tool } from '../tools/tool.js';
import { openNamedSecrets } from './named-secrets.js';
import type { Releasers } from './releasers.js';
import { openTools } from './tools.js';

/** @throws ConfigError for a file of tools that cannot be used */
export async function openToolRegistry(
  config: Config,
  more: readonly Tool[],
  logger: Logger,
  releasers: Releasers,
  tracer: Tracer = noTracer,
): Promise<ToolRegistry> {
  const folder = await openTools(config, logger.child({ component: 'tools' }), tracer);
  releasers.push('the tools', () => folder.close());
  return createToolRegistry({
    httpAllow: config.httpAllow,
    httpDeny: config.httpDeny,
    secrets: openNamedSecrets(config),
    tracer,
    more: [agentTool, delegateTool, ...[...folder.tools, ...more].map(placed(config))],
  });
}

/** Where tools run apart, those that are not ours never run within a workflow task. */
const placed =
  ({ toolWorkers }: Pick<Config, 'toolWorkers'>) =>
  (tool: Tool): Tool =>
    toolWorkers.taskQueue === null ? tool : { ...tool, quick: false };

/** The task queue of those who make a tool's calls: quick ones are ours, and stay with whoever journals the step. */
export const toolQueueOf =
  ({ toolWorkers }: Pick<Config, 'toolWorkers'>): ((tool: Tool) => string | null) =>
  ({ quick }) =>
    quick ? null : toolWorkers.taskQueue;
