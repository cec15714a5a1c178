/** Prints a .env for docker-compose.yml, with secrets of its own: `node deploy/compose/make-env.mjs > deploy/compose/.env` */
import { createHmac, randomBytes } from 'node:crypto';

const secret = () => randomBytes(24).toString('base64url');
const jwtSecret = secret() + secret();

/** A key of Supabase's kind: a token without a person, for ten years. */
function keyOf(role) {
  const iat = Math.floor(Date.now() / 1_000);
  const parts = [
    { alg: 'HS256', typ: 'JWT' },
    { role, iss: 'supabase', iat, exp: iat + 315_360_000 },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, createHmac('sha256', jwtSecret).update(parts.join('.')).digest('base64url')].join('.');
}

const settings = {
  '# Where it is reached; other addresses than localhost need TLS before them.': '',
  PORT: '8080',
  AUTH_PORT: '8000',
  SITE_URL: 'http://localhost:8080',
  AUTH_URL: 'http://localhost:8000',
  TEMPORAL_UI_URL: 'http://localhost:8233',
  CODEC_URL: 'http://localhost:8082',
  '# Secrets of this installation.': '',
  JWT_SECRET: jwtSecret,
  SERVICE_ROLE_KEY: keyOf('service_role'),
  ANON_KEY: keyOf('anon'),
  TICKET_SECRET: secret() + secret(),
  WEBHOOK_SECRET: secret() + secret(),
  METRICS_TOKEN: secret(),
  CODEC_TOKEN: secret(),
  POSTGRES_PASSWORD: secret(),
  AUTHENTICATOR_PASSWORD: secret(),
  AUTH_ADMIN_PASSWORD: secret(),
  PERDURE_DB_PASSWORD: secret(),
  TEMPORAL_DB_PASSWORD: secret(),
  REDIS_PASSWORD: secret(),
  S3_ACCESS_KEY_ID: 'perdure',
  S3_SECRET_ACCESS_KEY: secret(),
  GRAFANA_PASSWORD: secret(),
  '# What payloads in Temporal are sealed with: keep a copy, a lost key is lost data (docs/encryption.md).':
    '',
  ENCRYPTION_KEYS: `k1=${randomBytes(32).toString('base64')}`,
  '# Who may make an account: nobody by themselves, unless this is false.': '',
  DISABLE_SIGNUP: 'true',
  '# Models, as in docs/models.md, and how often each API sends a canary.': '',
  PERDURE_MODEL: '',
  OPENAI_API_KEY: '',
  ANTHROPIC_API_KEY: '',
  CANARY_SECONDS: '60',
  LOG_LEVEL: 'info',
};
for (const [name, value] of Object.entries(settings))
  console.log(name.startsWith('#') ? `\n${name}` : `${name}=${value}`);
