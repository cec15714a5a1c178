/** The only reader of the environment: one validated, frozen object. */
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { encryptionOf, type EncryptionConfig } from './encryption.js';
import { environment, type Environment } from './environment.js';
import { modelsOf, type ModelConfig } from './models.js';
import { s3Of, type S3Config } from './s3.js';
import { secrets, toolSecretsOf, withSecretFiles } from './secrets.js';
import { supabaseAuthOf, type SupabaseAuthConfig } from './supabase-auth.js';
import { temporalTlsOf, type TemporalTls } from './temporal-tls.js';
import { tokensOf, type TokenConfig } from './tokens.js';
import { asOfTools, toolWorkersOf, type ToolWorkersConfig } from './tool-workers.js';
import { tracingOf, type TracingConfig } from './tracing.js';

export { ConfigError } from './config-error.js';
export type { ModelConfig } from './models.js';
export type { TracingConfig } from './tracing.js';

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Where a worker process answers probes; null for nowhere. */
  readonly workerPort: number | null;
  /** How long a process waits at its start for back ends that are away. */
  readonly startSeconds: number;
  readonly dataDir: string;
  /** An address of a Temporal that runs already; null to run our own. */
  readonly temporalAddress: string | null;
  /** Where the Web UI of that Temporal is, for the links of runs; null when not told. */
  readonly temporalUiUrl: string | null;
  readonly temporalNamespace: string;
  /** Null for a connection in the clear. */
  readonly temporalTls: TemporalTls | null;
  readonly temporalApiKey: string | null;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  readonly taskQueue: string;
  readonly toolWorkers: ToolWorkersConfig;
  /** What payloads in Temporal are sealed with, the present key first; null for payloads in the clear. */
  readonly encryption: EncryptionConfig | null;
  /** Of the codec server; the token null when not told, origins those of the Web UI unless told. */
  readonly codec: {
    readonly port: number;
    readonly token: string | null;
    readonly origins: readonly string[];
  };
  /** Where runs are pinned to the build that began them; its id is that of the workflow bundle unless told. */
  readonly workerVersion: { readonly deploymentName: string; readonly buildId: string | null } | null;
  /** The records by PostgREST; null when there is no Supabase. */
  readonly supabase: { readonly url: string; readonly serviceRoleKey: string } | null;
  /** The records by a connection of Postgres's own; taken before `supabase` where both are there. */
  readonly databaseUrl: string | null;
  /** That a process opens at most. */
  readonly databaseConnections: number;
  /** Null for files on the local disk. */
  readonly s3: S3Config | null;
  /** Null for a bus within the process. */
  readonly redis: { readonly url: string; readonly caFile: string | null } | null;
  /** How people sign in by tokens; null where none are accepted. */
  readonly tokens: TokenConfig | null;
  /** Where the console lets people sign in; null where it asks for API keys only. */
  readonly supabaseAuth: SupabaseAuthConfig | null;
  /** What PERDURE_SIGN_IN says, null when not told; signInPolicy makes the decision of it. */
  readonly signIn: 'required' | 'none' | null;
  /** What stream tickets are signed with; the same for all API processes. Null when not told. */
  readonly ticketSecret: string | null;
  /** What webhooks are signed with, the present secret first; empty for none. The same for all processes. */
  readonly webhookSecrets: readonly string[];
  /** Of the server that our own commands call. */
  readonly url: string;
  /** With which our own commands sign in; null where they need not. */
  readonly token: string | null;
  /** With which /metrics is read; null when not told. */
  readonly metricsToken: string | null;
  /** How often an API sends a run through the whole path; null for never. */
  readonly canarySeconds: number | null;
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** Proxies that are believed whom they call for. */
  readonly trustedProxies: readonly string[];
  readonly limits: TenantLimits;
  /** Of one tenant in one API process; null for no limit. */
  readonly maxOpenStreams: number | null;
  readonly retention: {
    readonly runDays: number | null;
    readonly eventDays: number | null;
    readonly auditDays: number | null;
  };
  /** Where the files of agents are; missing is an error where it is named. */
  readonly agentsFolder: { readonly path: string; readonly isNamed: boolean };
  /** Where the files of tools are; missing is an error where it is named. */
  readonly toolsFolder: { readonly path: string; readonly isNamed: boolean };
  /** What tools are given by name, PERDURE_SECRET_NAME by NAME. */
  readonly toolSecrets: Readonly<Record<string, string>>;
  readonly models: ModelConfig;
  /** `host` or `host:port` that tools may call although the guard would refuse them. */
  readonly httpAllow: readonly string[];
  /** Hosts, domains and ranges that tools may never call. */
  readonly httpDeny: readonly string[];
  /** Null where nothing is traced. */
  readonly tracing: TracingConfig | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** What one tenant may have; null for no limit. */
export interface TenantLimits {
  readonly openRuns: number | null;
  readonly submissionsPerMinute: number | null;
  readonly storageBytes: number | null;
}

/** @throws ConfigError naming every broken variable */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is an unset one: that is how compose files and .env express it.
  const given = withSecretFiles(
    Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined && v !== '')),
  );
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((i) => complaint(i, given)).join('; '));
  const e = parsed.data.PERDURE_WORKER_ROLE === 'tools' ? asOfTools(parsed.data) : parsed.data;
  refuseEqualPorts(e);
  return Object.freeze({
    // In brackets, as in a URL, or without: both are meant.
    host: e.PERDURE_HOST.replace(/^\[(.*)\]$/, '$1'),
    port: e.PORT,
    workerPort: e.PERDURE_WORKER_PORT ?? null,
    startSeconds: e.PERDURE_START_SECONDS,
    dataDir: path.resolve(e.PERDURE_DATA_DIR),
    temporalAddress: e.TEMPORAL_ADDRESS ?? null,
    temporalUiUrl: e.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    temporalNamespace: e.TEMPORAL_NAMESPACE,
    temporalTls: temporalTlsOf(e),
    temporalApiKey: e.TEMPORAL_API_KEY ?? null,
    temporalPort: e.TEMPORAL_PORT,
    temporalUiPort: e.TEMPORAL_UI_PORT,
    taskQueue: e.PERDURE_TASK_QUEUE,
    toolWorkers: toolWorkersOf(e),
    encryption: encryptionOf(e),
    codec: Object.freeze({
      port: e.PERDURE_CODEC_PORT,
      token: e.PERDURE_CODEC_TOKEN ?? null,
      origins: e.PERDURE_CODEC_ORIGINS ?? [
        e.TEMPORAL_UI_URL === undefined
          ? `http://127.0.0.1:${e.TEMPORAL_UI_PORT}`
          : new URL(e.TEMPORAL_UI_URL).origin,
      ],
    }),
    workerVersion: workerVersionOf(e),
    supabase: supabaseOf(e),
    databaseUrl: e.DATABASE_URL ?? null,
    databaseConnections: e.PERDURE_DATABASE_CONNECTIONS,
    s3: s3Of(e),
    redis: e.REDIS_URL === undefined ? null : { url: e.REDIS_URL, caFile: e.REDIS_CA_FILE ?? null },
    tokens: tokensOf(e),
    supabaseAuth: supabaseAuthOf(e),
    signIn: e.PERDURE_SIGN_IN ?? null,
    ticketSecret: e.PERDURE_TICKET_SECRET ?? null,
    webhookSecrets: Object.freeze(webhookSecretsOf(e)),
    url: e.PERDURE_URL ?? `http://127.0.0.1:${e.PORT === 0 ? 8080 : e.PORT}`,
    token: e.PERDURE_TOKEN ?? null,
    canarySeconds: e.PERDURE_CANARY_SECONDS ?? null,
    metricsToken: e.PERDURE_METRICS_TOKEN ?? null,
    corsOrigins: Object.freeze(e.PERDURE_CORS_ORIGINS),
    trustedProxies: Object.freeze(e.PERDURE_TRUSTED_PROXIES),
    limits: Object.freeze({
      openRuns: e.PERDURE_MAX_OPEN_RUNS ?? null,
      submissionsPerMinute: e.PERDURE_MAX_SUBMISSIONS_PER_MINUTE ?? null,
      storageBytes: e.PERDURE_MAX_STORAGE_BYTES ?? null,
    }),
    maxOpenStreams: e.PERDURE_MAX_OPEN_STREAMS ?? null,
    retention: Object.freeze({
      runDays: e.PERDURE_KEEP_RUNS_DAYS ?? null,
      eventDays: e.PERDURE_KEEP_EVENTS_DAYS ?? null,
      auditDays: e.PERDURE_KEEP_AUDIT_DAYS ?? null,
    }),
    agentsFolder: Object.freeze({
      path: path.resolve(e.PERDURE_AGENTS_DIR ?? 'agents'),
      isNamed: e.PERDURE_AGENTS_DIR !== undefined,
    }),
    toolsFolder: Object.freeze({
      path: path.resolve(e.PERDURE_TOOLS_DIR ?? 'tools'),
      isNamed: e.PERDURE_TOOLS_DIR !== undefined,
    }),
    toolSecrets: Object.freeze(toolSecretsOf(given)),
    models: modelsOf(e),
    httpAllow: Object.freeze(e.PERDURE_HTTP_ALLOW),
    httpDeny: Object.freeze(e.PERDURE_HTTP_DENY),
    tracing: tracingOf(e),
    logLevel: e.LOG_LEVEL,
  });
}

function webhookSecretsOf(e: Environment): string[] {
  const [present, former] = [e.PERDURE_WEBHOOK_SECRET, e.PERDURE_WEBHOOK_FORMER_SECRET];
  if (present === undefined && former !== undefined)
    throw new ConfigError('PERDURE_WEBHOOK_SECRET must be set with PERDURE_WEBHOOK_FORMER_SECRET');
  return [present, former].filter((secret) => secret !== undefined);
}

/** What is wrong with a variable. Of a secret never what it is. */
function complaint(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const isSecret = secrets.some((secret) => secret === name);
  return `${name} ${issue.message}${isSecret ? '' : `, but is ${JSON.stringify(given[name])}`}`;
}

function workerVersionOf(e: Environment): Config['workerVersion'] {
  const [deploymentName, buildId] = [e.TEMPORAL_DEPLOYMENT_NAME, e.TEMPORAL_WORKER_BUILD_ID];
  if (deploymentName !== undefined) return Object.freeze({ deploymentName, buildId: buildId ?? null });
  if (buildId === undefined) return null;
  throw new ConfigError('TEMPORAL_DEPLOYMENT_NAME must be set with TEMPORAL_WORKER_BUILD_ID');
}

function supabaseOf(e: Environment): Config['supabase'] {
  if (e.SUPABASE_URL === undefined) return null;
  if (e.SUPABASE_SERVICE_ROLE_KEY === undefined) {
    // Its people may sign in all the same, with the records reached directly.
    if (e.DATABASE_URL !== undefined) return null;
    throw new ConfigError(
      'SUPABASE_SERVICE_ROLE_KEY must be set with SUPABASE_URL, unless DATABASE_URL is set',
    );
  }
  return Object.freeze({ url: e.SUPABASE_URL, serviceRoleKey: e.SUPABASE_SERVICE_ROLE_KEY });
}

function refuseEqualPorts(e: Environment): void {
  const own = e.TEMPORAL_ADDRESS === undefined ? (['TEMPORAL_PORT', 'TEMPORAL_UI_PORT'] as const) : [];
  const users = new Map<number, string>();
  for (const name of ['PORT', 'PERDURE_WORKER_PORT', ...own] as const) {
    const port = e[name];
    if (port === undefined || port === 0) continue;
    const other = users.get(port);
    if (other !== undefined) throw new ConfigError(`${other} and ${name} are both ${port}, and must differ`);
    users.set(port, name);
  }
}

/** A copy of the environment, for finding programs and for the processes that are started. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => ({ ...process.env });
