/** Every variable, with what it must look like and its default; .env.example tells people the same. */
import { z } from 'zod';
import {
  address,
  count,
  flag,
  hosts,
  http,
  isAddressRange,
  isSecretKey,
  list,
  models,
  origins,
  pairs,
  port,
  proxies,
  text,
} from './forms.js';

/** The database lets nobody delete what is younger. */
const MIN_AUDIT_DAYS = 30;

const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

export const environment = z.object({
  PORT: port.default(8080),
  PERDURE_HOST: z.string().min(1).default('127.0.0.1'),
  PERDURE_WORKER_PORT: port.optional(),
  PERDURE_START_SECONDS: count('a number of seconds').default(300),
  PERDURE_DATA_DIR: z.string().min(1).default('.perdure'),

  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:/]+:\d+$/, 'must look like host:port')
    .refine((s) => Number(s.split(':')[1]) <= 65_535, 'must have a port from 0 to 65535')
    .optional(),
  TEMPORAL_UI_URL: http.optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_PORT: port.default(7233),
  TEMPORAL_UI_PORT: port.default(8233),
  TEMPORAL_API_KEY: text('an API key').optional(),
  TEMPORAL_TLS: z.enum(['true', 'false'], 'must be true or false').optional(),
  TEMPORAL_TLS_CA_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[^\s.]{1,200}$/, 'must be a name without blanks and dots')
    .optional(),
  TEMPORAL_WORKER_BUILD_ID: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be letters, digits and any of "._-"')
    .optional(),
  PERDURE_TASK_QUEUE: z.string().min(1).default('perdure'),
  PERDURE_TOOL_TASK_QUEUE: z.string().min(1).optional(),
  PERDURE_WORKER_ROLE: z.enum(['runs', 'tools'], 'must be runs or tools').default('runs'),
  PERDURE_ENCRYPTION_KEYS: z
    .string()
    .transform((s) =>
      list(s).map((item): [string, string] => [item.split('=', 1)[0] ?? '', item.replace(/^[^=]*=/, '')]),
    )
    .refine(
      (keys) =>
        keys.length > 0 &&
        keys.every(
          ([id, key]) =>
            /^(?!tenant-)[A-Za-z0-9][\w-]{0,63}$/.test(id) &&
            /^[A-Za-z0-9+/]{43,}={0,2}$/.test(key) &&
            Buffer.from(key, 'base64').toString('base64') === key,
        ) &&
        new Set(keys.map(([id]) => id)).size === keys.length,
      'must be name=key, or several of them separated by commas, each key 32 bytes in base64',
    )
    .optional(),
  PERDURE_KMS_KEY: z
    .string()
    .regex(
      /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[\w/-]+$/,
      'must be the ARN of a key of AWS KMS: arn:aws:kms:region:account:key/id',
    )
    .optional(),
  PERDURE_TENANT_KEYS: z.enum(['true', 'false'], 'must be true or false').optional(),
  PERDURE_CODEC_PORT: port.default(8082),
  PERDURE_CODEC_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')
    .optional(),
  PERDURE_CODEC_ORIGINS: origins.optional(),

  SUPABASE_URL: http.optional(),
  SUPABASE_SERVICE_ROLE_KEY: text('the service_role key').optional(),
  SUPABASE_PUBLIC_URL: http.optional(),
  SUPABASE_ANON_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be the anon (publishable) key')
    .refine(
      (key) => !isSecretKey(key),
      'must be the anon (publishable) key, and is a secret one: browsers get it',
    )
    .optional(),
  DATABASE_URL: address(/^postgres(?:ql)?$/, 'a postgres:// address')
    // It has no sessions: the role that ours takes would be left to whoever comes next.
    .refine(
      (url) => !/\.supabase\.(?:co|com):6543(?:\/|$)/.test(url.replace(/[?#].*/s, '')),
      'is of Supabase’s pooler for transactions (port 6543): take the one for sessions (port 5432), or the direct address',
    )
    .optional(),
  PERDURE_DATABASE_CONNECTIONS: count('a number of connections').default(20),

  S3_ENDPOINT: http.optional(),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .optional(),
  S3_PREFIX: z
    .string()
    .regex(/^[\w./-]*$/, 'must be letters, digits and any of "._-/"')
    .default(''),
  S3_PATH_STYLE: z.enum(['true', 'false'], 'must be true or false').optional(),
  S3_ACCESS_KEY_ID: text('an access key').optional(),
  S3_SECRET_ACCESS_KEY: text('a secret key').optional(),

  REDIS_URL: address(/^rediss?$/, 'a redis:// or rediss:// address').optional(),
  REDIS_CA_FILE: z.string().min(1).optional(),

  PERDURE_SIGN_IN: z.enum(['required', 'none'], 'must be required or none').optional(),
  PERDURE_JWKS_URL: http.optional(),
  PERDURE_JWT_ISSUER: z.string().min(1).optional(),
  PERDURE_JWT_AUDIENCE: z.string().min(1).default('authenticated'),
  SUPABASE_JWT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  PERDURE_TICKET_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  PERDURE_WEBHOOK_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  PERDURE_WEBHOOK_FORMER_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  PERDURE_URL: http.optional(),
  PERDURE_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be a token or an API key')
    .optional(),
  PERDURE_CORS_ORIGINS: origins.default([]),
  PERDURE_TRUSTED_PROXIES: proxies.default([]),

  PERDURE_METRICS_TOKEN: z
    .string()
    .min(16, 'must have at least 16 characters')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII')
    .optional(),

  PERDURE_CANARY_SECONDS: count('a number of seconds'),

  PERDURE_MAX_OPEN_RUNS: count('a number of runs'),
  PERDURE_MAX_OPEN_STREAMS: count('a number of streams'),
  PERDURE_MAX_SUBMISSIONS_PER_MINUTE: count('a number of submissions'),
  PERDURE_MAX_STORAGE_BYTES: count('a number of bytes'),
  PERDURE_KEEP_RUNS_DAYS: count('a number of days'),
  PERDURE_KEEP_EVENTS_DAYS: count('a number of days'),
  PERDURE_KEEP_AUDIT_DAYS: count('a number of days').refine(
    (days) => days === undefined || days >= MIN_AUDIT_DAYS,
    `must be ${MIN_AUDIT_DAYS} days or more`,
  ),

  PERDURE_AGENTS_DIR: z.string().min(1).optional(),
  PERDURE_TOOLS_DIR: z.string().min(1).optional(),

  PERDURE_MODEL: models,
  PERDURE_PLANNER_MODEL: models,
  PERDURE_SUPERVISOR_MODEL: models,
  OPENAI_BASE_URL: http.default('https://api.openai.com/v1'),
  OPENAI_API_KEY: text('an API key').optional(),
  ANTHROPIC_BASE_URL: http.default('https://api.anthropic.com/v1'),
  ANTHROPIC_API_KEY: text('an API key').optional(),
  PERDURE_MODEL_SERVERS: z
    .string()
    .default('')
    .transform((s) => list(s).map((item) => item.split(/=(.*)/s).slice(0, 2)))
    .refine(
      (all): all is [string, string][] =>
        all.every(
          ([name = '', url = '']) =>
            /^[a-z][a-z0-9-]*$/.test(name) && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol),
        ),
      'must be name=http(s) address, or several of them separated by commas',
    ),
  PERDURE_MODEL_PACKAGES: z
    .string()
    .default('')
    .transform((s) => list(s).map((item) => item.split(/=(.*)/s).slice(0, 2)))
    .refine(
      (all): all is [string, string][] =>
        all.every(([name = '', found = '']) => /^[a-z][a-z0-9-]*$/.test(name) && /^\S+$/.test(found)),
      'must be name=package, or several of them separated by commas',
    ),
  PERDURE_MODEL_ALLOW: hosts,
  PERDURE_MODEL_SECONDS: count('a number of seconds').default(300),
  PERDURE_MODEL_STALL_SECONDS: count('a number of seconds').default(60),
  PERDURE_MODEL_PRICES: z.string().min(1).optional(),
  PERDURE_MODEL_RECORD: z.string().min(1).optional(),

  PERDURE_HTTP_ALLOW: hosts,

  // What is mistyped would deny nothing.
  PERDURE_HTTP_DENY: z
    .string()
    .default('')
    .transform((s) => list(s).map((entry) => entry.toLowerCase()))
    .refine(
      (all) =>
        all.every(
          (entry) =>
            isAddressRange(entry.replace(/^\[(.*)\]$/, '$1')) ||
            /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*(?::\d+)?$/.test(entry),
        ),
      'must be host, host:port, *.domain, or addresses and ranges such as 203.0.113.0/24, separated by commas',
    ),

  OTEL_EXPORTER_OTLP_ENDPOINT: http.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: http.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  // Declared so that another one is refused: of the protocols there is this one.
  OTEL_EXPORTER_OTLP_PROTOCOL: z
    .literal('http/protobuf', 'must be http/protobuf, which listens at port 4318 by custom')
    .default('http/protobuf'),
  OTEL_SDK_DISABLED: flag,
  OTEL_TRACES_EXPORTER: z.enum(['otlp', 'none'], 'must be otlp or none').default('otlp'),
  OTEL_SERVICE_NAME: z.string().min(1).optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z
    .enum(samplers, `must be one of ${samplers.join(', ')}`)
    .default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .refine((s) => s.trim() !== '' && Number(s) >= 0 && Number(s) <= 1, 'must be a number from 0 to 1')
    .transform(Number)
    .optional(),
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: flag,
  PERDURE_TRACE_HOSTS: z
    .string()
    .default('')
    .transform((s) => list(s).map((host) => host.toLowerCase()))
    .refine(
      (all) => all.every((host) => /^(?:\*\.)?[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/.test(host)),
      'must be host, host:port or *.domain, or several of them separated by commas',
    ),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be one of debug, info, warn, error, silent')
    .default('info'),
});
export type Environment = z.infer<typeof environment>;
