/** The HTTP server over the ports. */
import http from 'node:http';
import { createApp } from '../api/create-app.js';
import type { Config } from '../config/env.js';
import type { Logger } from '../ports/logger.js';
import type { ToolRegistry } from '../tools/registry.js';
import { closeServer, listen } from './http-listener.js';
import type { Adapters } from './open-adapters.js';
import type { Releasers } from './releasers.js';
import { toolCatalog } from './tool-catalog.js';

export interface ApiServerOptions {
  config: Config;
  port: number;
  adapters: Adapters;
  tools: ToolRegistry;
  logger: Logger;
  /** Milliseconds that requests under way get to end. */
  graceMs: number;
}

/** @returns where it listens */
export async function startApiServer(options: ApiServerOptions, releasers: Releasers): Promise<string> {
  const { config, adapters, tools } = options;
  const api = createApp({
    runs: adapters.records.runs,
    log: adapters.records.log,
    bus: adapters.bus,
    workspace: adapters.workspace,
    engine: adapters.engine,
    tools: toolCatalog(tools),
    logger: options.logger.child({ component: 'api' }),
    allowedHosts: isLoopback(config.host) ? [] : null,
  });
  const server = await listen(http.createServer(api.serverOptions, api.app), config.host, options.port);
  releasers.push('the API', async () => {
    api.drain();
    await closeServer(server, options.graceMs);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');
