/** The HTTP server over the ports. */
import http from 'node:http';
import { answerBrokenRequests } from '../api/broken-requests.js';
import { createAuditWriter } from '../api/audit/audit-writer.js';
import { createApp } from '../api/create-app.js';
import { createSignIn } from '../api/sign-in/sign-in.js';
import { createClient } from '../client/client.js';
import type { Config } from '../config/env.js';
import { isLoopback } from '../config/sign-in-policy.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import { CONTENT_TYPE, type Metrics } from '../adapters/prometheus/metrics.js';
import type { Logger } from '../ports/logger.js';
import type { Tracer } from '../ports/tracer.js';
import type { ToolRegistry } from '../tools/registry.js';
import { createCallbackTokens } from '../webhooks/callback-tokens.js';
import { createWebhookSecrets } from '../webhooks/signature.js';
import { createLastCanary } from './canary/last-canary.js';
import { startCanary } from './canary/scheduled-canary.js';
import { withCanary } from './canary/sign-in.js';
import { findConsole } from './console-folder.js';
import { closeServer, listen } from './http-listener.js';
import { metricsReader } from './metrics-reader.js';
import type { Adapters } from './open-adapters.js';
import type { Releasers } from './releasers.js';
import { toolCatalog } from './tool-catalog.js';

export interface ApiServerOptions {
  config: Config;
  port: number;
  /** By signInPolicy, of the settings as they were given. */
  signIn: 'required' | 'none';
  /** Where no other process answers for the same runs; null elsewhere. */
  ownTicketSecret: string | null;
  adapters: Adapters;
  tools: ToolRegistry;
  agents: AgentCatalog;
  logger: Logger;
  metrics: Metrics;
  tracer?: Tracer;
  /** Milliseconds that requests under way get to end. */
  graceMs: number;
}

/** @returns where it listens */
export async function startApiServer(options: ApiServerOptions, releasers: Releasers): Promise<string> {
  const { config, adapters, tools } = options;
  const { runs, log, apiKeys, admission, approvals, audit } = adapters.records;
  const [presentSecret] = config.webhookSecrets;
  const lastCanary = createLastCanary(config.canarySeconds);
  const logger = options.logger.child({ component: 'api' });
  const { signIn, token } = withCanary(
    createSignIn({
      required: options.signIn === 'required',
      tokens: config.tokens,
      apiKeys,
      // One process of its own needs to agree with no other.
      ticketSecret: config.ticketSecret ?? options.ownTicketSecret,
      logger,
    }),
  );
  const writer = createAuditWriter(audit, logger);
  // After the last answer, while there is a database.
  releasers.push('the audit log', () => writer.settle());
  const api = createApp({
    runs,
    approvals,
    log,
    bus: adapters.bus,
    workspace: adapters.workspace,
    engine: adapters.engine,
    inspector: adapters.inspector,
    schedules: adapters.schedules,
    tools: toolCatalog(tools),
    agents: options.agents,
    logger,
    ...(options.tracer === undefined ? {} : { tracer: options.tracer }),
    meter: options.metrics.api(),
    metrics: {
      contentType: CONTENT_TYPE,
      text: () => options.metrics.text(),
      mayRead: metricsReader(config.metricsToken, options.signIn === 'none' ? 'anybody' : 'nobody'),
    },
    openRuns: adapters.records.open,
    activity: adapters.records.activity,
    canary: () => lastCanary.state(),
    allowedHosts: isLoopback(config.host) && options.signIn === 'none' ? [] : null,
    signIn,
    signInWays: { required: options.signIn === 'required', supabase: config.supabaseAuth },
    apiKeys,
    admission: { port: admission, limits: config.limits },
    streams: { maxOfTenant: config.maxOpenStreams },
    audit: { log: audit, writer },
    trustedProxies: config.trustedProxies,
    corsOrigins: config.corsOrigins,
    consoleFolder: findConsole(),
    callbacks: presentSecret === undefined ? null : createCallbackTokens(config.webhookSecrets),
    webhooks: presentSecret === undefined ? null : createWebhookSecrets(presentSecret),
  });
  const httpServer = http.createServer(api.serverOptions, api.app);
  answerBrokenRequests(httpServer, logger);
  const server = await listen(httpServer, config.host, options.port);
  releasers.push('the API', async () => {
    api.drain();
    await closeServer(server, options.graceMs);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (config.canarySeconds !== null) {
    const stopCanary = startCanary({
      client: createClient({ baseUrl: url, token }),
      everyMs: config.canarySeconds * 1_000,
      runs,
      retention: adapters.records.retention,
      workspace: adapters.workspace,
      meter: lastCanary.heardBy(options.metrics.canary()),
      logger: logger.child({ component: 'canary' }),
    });
    releasers.push('the canary', stopCanary);
  }
  return url;
}
