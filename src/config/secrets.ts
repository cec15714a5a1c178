/** Which variables are secrets, and the files that may hold them. */
import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

/** Never printed, and also taken from the file that `NAME_FILE` names. Addresses may hold passwords. */
export const secrets = [
  'SUPABASE_SERVICE_ROLE_KEY',
  'SUPABASE_JWT_SECRET',
  'PERDURE_TICKET_SECRET',
  'PERDURE_WEBHOOK_SECRET',
  'PERDURE_WEBHOOK_FORMER_SECRET',
  'PERDURE_TOKEN',
  'PERDURE_ENCRYPTION_KEYS',
  'PERDURE_CODEC_TOKEN',
  'PERDURE_METRICS_TOKEN',
  'DATABASE_URL',
  'TEMPORAL_API_KEY',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'REDIS_URL',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const satisfies readonly (keyof Environment)[];

/** What the secrets of tools begin with; the rest of their names is the operator's own. */
const TOOL_SECRET = 'PERDURE_SECRET_';

/** Of a secret, `NAME_FILE` names the file that holds it: how Kubernetes hands secrets over. */
export function withSecretFiles(
  given: Record<string, string | undefined>,
): Record<string, string | undefined> {
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

/** By name, without what their variables begin with. */
export const toolSecretsOf = (given: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      name.startsWith(TOOL_SECRET) && !name.endsWith('_FILE') && value !== undefined
        ? [[name.slice(TOOL_SECRET.length), value]]
        : [],
    ),
  );
