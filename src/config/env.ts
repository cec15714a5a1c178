/** The only reader of the environment: one validated, frozen object. */
import path from 'node:path';
import { z } from 'zod';

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a port number')
    .transform(Number)
    .refine((n) => n <= 65_535, 'must be a port number from 0 to 65535')
    .default(fallback);

/** Every variable, with its default. */
export const environment = z.object({
  PORT: port(8080),
  PERDURE_HOST: z.string().min(1).default('127.0.0.1'),
  PERDURE_DATA_DIR: z.string().min(1).default('.perdure'),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:/]+:\d+$/, 'must look like host:port')
    .refine((s) => Number(s.split(':')[1]) <= 65_535, 'must have a port from 0 to 65535')
    .optional(),
  TEMPORAL_UI_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  PERDURE_TASK_QUEUE: z.string().min(1).default('perdure'),
  PERDURE_HTTP_ALLOW: z
    .string()
    .default('')
    .transform((s) =>
      s
        .split(',')
        .map((h) => h.trim().toLowerCase())
        .filter((h) => h !== ''),
    ),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be one of debug, info, warn, error, silent')
    .default('info'),
});

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** An address of a Temporal that runs already; null to run our own. */
  readonly temporalAddress: string | null;
  /** Where the Web UI of that Temporal is, for the links of runs; null when not told. */
  readonly temporalUiUrl: string | null;
  readonly temporalNamespace: string;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
  readonly taskQueue: string;
  /** `host` or `host:port` that tools may call although the guard would refuse them. */
  readonly httpAllow: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** A variable that cannot be used; the message names it and says what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError naming every broken variable */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable is an unset one: that is how compose files and .env express it.
  const given = Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined && v !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success)
    throw new ConfigError(
      parsed.error.issues
        .map((i) => `${i.path.join('.')} ${i.message}, but is ${JSON.stringify(given[String(i.path[0])])}`)
        .join('; '),
    );
  const e = parsed.data;
  refuseEqualPorts(e);
  return Object.freeze({
    // In brackets, as in a URL, or without: both are meant.
    host: e.PERDURE_HOST.replace(/^\[(.*)\]$/, '$1'),
    port: e.PORT,
    dataDir: path.resolve(e.PERDURE_DATA_DIR),
    temporalAddress: e.TEMPORAL_ADDRESS ?? null,
    temporalUiUrl: e.TEMPORAL_UI_URL?.replace(/\/+$/, '') ?? null,
    temporalNamespace: e.TEMPORAL_NAMESPACE,
    temporalPort: e.TEMPORAL_PORT,
    temporalUiPort: e.TEMPORAL_UI_PORT,
    taskQueue: e.PERDURE_TASK_QUEUE,
    httpAllow: Object.freeze(e.PERDURE_HTTP_ALLOW),
    logLevel: e.LOG_LEVEL,
  });
}

function refuseEqualPorts(e: z.infer<typeof environment>): void {
  const own = e.TEMPORAL_ADDRESS === undefined ? (['TEMPORAL_PORT', 'TEMPORAL_UI_PORT'] as const) : [];
  const users = new Map<number, string>();
  for (const name of ['PORT', ...own] as const) {
    const other = users.get(e[name]);
    if (e[name] !== 0 && other !== undefined)
      throw new ConfigError(`${other} and ${name} are both ${e[name]}, and must differ`);
    users.set(e[name], name);
  }
}

/** A copy of the environment, for finding programs and for the processes that are started. */
export const processEnvironment = (): Readonly<Record<string, string | undefined>> => ({ ...process.env });
