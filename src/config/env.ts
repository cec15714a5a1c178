/** The only reader of the environment: one validated, frozen object. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { environment, secrets, TOOL_SECRET, type Environment } from './environment.js';
import { publicSupabaseUrl, supabaseAuthOf, type SupabaseAuthConfig } from './supabase-auth.js';
import { modelsOf, type ModelConfig } from './models.js';
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

export interface EncryptionConfig {
  readonly keys: readonly { readonly id: string; readonly secret: Uint8Array }[];
  /** Whether each tenant has a key of its own, kept in the records. */
  readonly perTenant: boolean;
}

/** Files of PEM; null for what the system trusts, no client certificate, and the address's own name. */
export interface TemporalTls {
  readonly caFile: string | null;
  readonly client: { readonly certFile: string; readonly keyFile: string } | null;
  readonly serverName: string | null;
}

export interface S3Config {
  /** Null for AWS's own. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  /** Before every key, without a slash at its end; may be empty. */
  readonly prefix: string;
  readonly pathStyle: boolean;
  /** Null to leave it to the SDK's own chain (instance roles and the like). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

export interface TokenConfig {
  /** Keys of asymmetric tokens; null where there are none. */
  readonly jwksUrl: string | null;
  /** The legacy shared secret (HS256); null where there is none. */
  readonly secret: string | null;
  readonly issuer: string;
  readonly audience: string;
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

function encryptionOf(e: Environment): EncryptionConfig | null {
  const perTenant = e.PERDURE_TENANT_KEYS === 'true';
  if (e.PERDURE_ENCRYPTION_KEYS === undefined) {
    if (perTenant) throw new ConfigError('PERDURE_ENCRYPTION_KEYS must be set with PERDURE_TENANT_KEYS');
    return null;
  }
  const keys = e.PERDURE_ENCRYPTION_KEYS.map(([id, key]) => ({ id, secret: Buffer.from(key, 'base64') }));
  return Object.freeze({ keys, perTenant });
}

function webhookSecretsOf(e: Environment): string[] {
  const [present, former] = [e.PERDURE_WEBHOOK_SECRET, e.PERDURE_WEBHOOK_FORMER_SECRET];
  if (present === undefined && former !== undefined)
    throw new ConfigError('PERDURE_WEBHOOK_SECRET must be set with PERDURE_WEBHOOK_FORMER_SECRET');
  return [present, former].filter((secret) => secret !== undefined);
}

/** Of a secret, `NAME_FILE` names the file that holds it: how Kubernetes hands secrets over. */
function withSecretFiles(given: Record<string, string | undefined>): Record<string, string | undefined> {
  const all = { ...given };
  const ofTools = Object.keys(given).filter((name) => name.startsWith(TOOL_SECRET) && name.endsWith('_FILE'));
  for (const name of [...secrets, ...ofTools.map((file) => file.slice(0, -'_FILE'.length))]) {
    const file = given[`${name}_FILE`];
    if (file === undefined) continue;
    if (given[name] !== undefined)
      throw new ConfigError(`${name} and ${name}_FILE are both set, and only one may be`);
    try {
      all[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      throw new ConfigError(
        `${name}_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
    if (all[name] === '') throw new ConfigError(`${name}_FILE names an empty file`);
  }
  return all;
}

const toolSecretsOf = (given: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      name.startsWith(TOOL_SECRET) && !name.endsWith('_FILE') && value !== undefined
        ? [[name.slice(TOOL_SECRET.length), value]]
        : [],
    ),
  );

/** What is wrong with a variable. Of a secret never what it is. */
function complaint(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const name = String(issue.path[0]);
  const isSecret = secrets.some((secret) => secret === name);
  return `${name} ${issue.message}${isSecret ? '' : `, but is ${JSON.stringify(given[name])}`}`;
}

function temporalTlsOf(e: Environment): TemporalTls | null {
  const [certFile, keyFile] = [e.TEMPORAL_TLS_CERT_FILE, e.TEMPORAL_TLS_KEY_FILE];
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError('TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE must be set together');
  const needing = (
    [
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS_CA_FILE',
      'TEMPORAL_TLS_CERT_FILE',
      'TEMPORAL_TLS_SERVER_NAME',
    ] as const
  ).find((name) => e[name] !== undefined);
  if (e.TEMPORAL_TLS === 'false' && needing !== undefined)
    throw new ConfigError(`TEMPORAL_TLS is false, but ${needing} needs TLS`);
  if (e.TEMPORAL_TLS !== 'true' && needing === undefined) return null;
  if (e.TEMPORAL_ADDRESS === undefined)
    throw new ConfigError(`TEMPORAL_ADDRESS must be set with ${needing ?? 'TEMPORAL_TLS'}`);
  return Object.freeze({
    caFile: e.TEMPORAL_TLS_CA_FILE ?? null,
    client: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    serverName: e.TEMPORAL_TLS_SERVER_NAME ?? null,
  });
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

function s3Of(e: Environment): S3Config | null {
  if (e.S3_BUCKET === undefined) {
    if (e.S3_ENDPOINT !== undefined) throw new ConfigError('S3_BUCKET must be set with S3_ENDPOINT');
    return null;
  }
  const [accessKeyId, secretAccessKey] = [e.S3_ACCESS_KEY_ID, e.S3_SECRET_ACCESS_KEY];
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set together');
  return Object.freeze({
    endpoint: e.S3_ENDPOINT ?? null,
    region: e.S3_REGION,
    bucket: e.S3_BUCKET,
    prefix: e.S3_PREFIX.replaceAll(/^\/+|\/+$/g, ''),
    // Endpoints of others than AWS seldom have a name for each bucket.
    pathStyle: e.S3_PATH_STYLE === undefined ? e.S3_ENDPOINT !== undefined : e.S3_PATH_STYLE === 'true',
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey },
  });
}

function tokensOf(e: Environment): TokenConfig | null {
  const auth = e.SUPABASE_URL === undefined ? undefined : `${e.SUPABASE_URL}/auth/v1`;
  // It names itself by the address that people know it by.
  const known = publicSupabaseUrl(e);
  const jwksUrl = e.PERDURE_JWKS_URL ?? (auth === undefined ? undefined : `${auth}/.well-known/jwks.json`);
  if (jwksUrl === undefined && e.SUPABASE_JWT_SECRET === undefined) return null;
  const issuer = e.PERDURE_JWT_ISSUER ?? (known === undefined ? undefined : `${known}/auth/v1`);
  if (issuer === undefined)
    throw new ConfigError('PERDURE_JWT_ISSUER must be set with PERDURE_JWKS_URL or SUPABASE_JWT_SECRET');
  return Object.freeze({
    jwksUrl: jwksUrl ?? null,
    secret: e.SUPABASE_JWT_SECRET ?? null,
    issuer,
    audience: e.PERDURE_JWT_AUDIENCE,
  });
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
