/** What MCP servers offer against what was accepted of them: a run finds out only when it calls one. */
import type { Config } from '../../config/env.js';
import type { Logger } from '../../ports/logger.js';
import { hasMcpServers } from '../tools.js';
import type { Line } from './report.js';

export async function examineTools(config: Config, logger: Logger): Promise<Line[]> {
  if (!hasMcpServers(config)) return [];
  const { compareMcpServers } = await import('../mcp-servers.js');
  const reports = await compareMcpServers(config, logger, { accept: false });
  return reports.map(({ server, changes, error }): Line => {
    const differs = changes.map(({ tool, change }) => `${tool} (${change})`).join(', ');
    const detail = error ?? (differs === '' ? 'as it was accepted' : `differs: ${differs}`);
    // Runs that do not call it are none the worse.
    return {
      name: `mcp ${server}`,
      state: detail === 'as it was accepted' ? 'ok' : 'degraded',
      detail,
      ms: null,
    };
  });
}
