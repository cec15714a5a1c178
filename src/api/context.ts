/** What the API is made from: the ports it calls, its limits, and who is calling. */
import type { Request } from 'express';
import type { Principal } from '../../contracts/principal.js';
import type { SignInWays } from '../../contracts/sign-in.js';
import type { CanaryState } from '../../contracts/system.js';
import type { Admission, TenantLimits } from '../ports/admission.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { ApiKeyStore } from '../ports/api-key-store.js';
import type { ApprovalStore } from '../ports/approval-store.js';
import type { AuditLog } from '../ports/audit-log.js';
import type { CallbackTokens } from '../ports/callback-tokens.js';
import type { EventBus } from '../ports/event-bus.js';
import type { EventLog } from '../ports/event-log.js';
import type { Logger } from '../ports/logger.js';
import type { ApiMeter } from '../ports/meters.js';
import type { OpenRecords } from '../ports/open-runs.js';
import type { RunActivity } from '../ports/run-activity.js';
import type { RunEngine } from '../ports/run-engine.js';
import type { RunInspector } from '../ports/run-inspector.js';
import type { RunStore } from '../ports/run-store.js';
import type { Schedules } from '../ports/schedules.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import type { WebhookSecrets } from '../ports/webhooks.js';
import type { Workspace } from '../ports/workspace.js';
import type { AuditWriter } from './audit/audit-writer.js';
import { createRunFeeds, type RunFeeds } from './run-feeds.js';
import { createRunWaits, type RunWaits } from './run-waits.js';
import { defaultStreams, type StreamOptions } from './stream-options.js';
import { createSseConnections, type SseConnections } from './sse-connection.js';
import { principalOf } from './principals.js';
import { createRecentActivity, type RecentActivity } from './recent-activity.js';
import { withoutSignIn, type SignIn } from './sign-in/sign-in.js';

export interface ApiLimits {
  /** Of a JSON body. */
  maxBodyBytes: number;
  /** Of one uploaded file. */
  maxFileBytes: number;
  /** Milliseconds that one part may take to say that it is ready. */
  checkMs: number;
  /** Milliseconds that a call waits for the record of a run which Temporal has begun already. */
  recordWaitMs: number;
}

const defaultLimits: ApiLimits = {
  maxBodyBytes: 8_000_000,
  maxFileBytes: 1_000_000_000,
  checkMs: 3_000,
  recordWaitMs: 2_000,
};

export interface ApiDependencies {
  runs: RunStore;
  approvals: ApprovalStore;
  log: EventLog;
  bus: EventBus;
  workspace: Workspace;
  engine: RunEngine;
  inspector: RunInspector;
  schedules: Schedules;
  tools: ToolCatalog;
  agents: AgentCatalog;
  logger: Logger;
  meter?: ApiMeter;
  tracer?: Tracer;
  /** What has been measured, for whoever may read it; null where nothing is. */
  metrics?: MetricsPage | null;
  /** Open runs of all tenants; null where they are not counted. */
  openRuns?: Pick<OpenRecords, 'countOpen' | 'idleRuns'> | null;
  /** How runs have ended, of all tenants; null where nobody can tell. */
  activity?: RunActivity | null;
  /** What the canary of this process has last found; null where it sends none. */
  canary?: () => CanaryState | null;
  /** Names, without port, that the Host header may have beside the loopback ones; null allows any. */
  allowedHosts: readonly string[] | null;
  /** Finds out who calls; unless told, it is the one who sits at this machine. */
  signIn?: SignIn;
  /** What pages are told of it before they have signed in. */
  signInWays?: SignInWays;
  /** Null where API keys cannot be kept. */
  apiKeys?: ApiKeyStore | null;
  /** Holds the tenants to their limits; null for none. */
  admission?: { port: Admission; limits: TenantLimits } | null;
  /** Where it is kept who did what; null for nowhere. */
  audit?: { log: Pick<AuditLog, 'list'>; writer: Pick<AuditWriter, 'write'> } | null;
  /** Addresses, ranges and names (`loopback`, `linklocal`, `uniquelocal`) of proxies that tell whom they call for. */
  trustedProxies?: readonly string[];
  /** Origins whose pages may call. */
  corsOrigins?: readonly string[];
  /** Tokens of callbacks; null where none are taken. */
  callbacks?: CallbackTokens | null;
  /** The secrets of receivers of webhooks; null where none are sent. */
  webhooks?: WebhookSecrets | null;
  /** The folder of the built web console; null where it is not served. */
  consoleFolder?: string | null;
  /** Who a request acts for, where that is not found out by signIn. */
  principalOf?: (req: Request) => Principal;
  now?: () => Date;
  limits?: Partial<ApiLimits>;
  streams?: Partial<StreamOptions>;
}

export interface MetricsPage {
  contentType: string;
  text(): Promise<string>;
  /** Whether they may be read by whoever sends this Authorization header. */
  mayRead(authorization: string | undefined): boolean;
}

const unmeasured: ApiMeter = {
  answered: () => undefined,
  submitted: () => undefined,
  streamOpened: () => undefined,
  streamClosed: () => undefined,
  delivered: () => undefined,
  checked: () => undefined,
  observed: () => undefined,
};

/** The dependencies with every default filled in. */
export type ApiContext = Omit<Required<ApiDependencies>, 'limits' | 'streams'> & {
  limits: ApiLimits;
  streams: StreamOptions;
  recent: RecentActivity;
  feeds: RunFeeds;
  connections: SseConnections;
  waits: RunWaits;
  /** Aborted by drain(). */
  draining: AbortSignal;
};

export function contextOf(deps: ApiDependencies, draining: AbortSignal): ApiContext {
  const streams = { ...defaultStreams, ...deps.streams };
  const recent = createRecentActivity();
  const meter = recent.heardBy(deps.meter ?? unmeasured);
  const feeds = createRunFeeds({ ...deps, meter, streams });
  return {
    signIn: withoutSignIn(deps.principalOf),
    signInWays: { required: false, supabase: null },
    apiKeys: null,
    admission: null,
    audit: null,
    trustedProxies: [],
    metrics: null,
    tracer: noTracer,
    openRuns: null,
    activity: null,
    canary: () => null,
    corsOrigins: [],
    webhooks: null,
    callbacks: null,
    consoleFolder: null,
    principalOf,
    now: () => new Date(),
    ...deps,
    meter,
    limits: { ...defaultLimits, ...deps.limits },
    streams,
    recent,
    feeds,
    waits: createRunWaits(feeds, draining),
    connections: createSseConnections(streams, draining, meter),
    draining,
  };
}
