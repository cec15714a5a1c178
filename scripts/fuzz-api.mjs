/**
 * npm run fuzz: attacks a perdure of its own with Schemathesis, by the document that it serves. Sign-in is on, and
 * the attacker an admin. Options go to Schemathesis: `npm run fuzz -- --max-time 600 --seed 1`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '4.32.5';
const ISSUER = 'https://fuzz.test';
const START_MS = 600_000;
const here = path.dirname(fileURLToPath(import.meta.url));
const DEFAULTS = [
  '--max-time',
  '300',
  '--max-examples',
  '30',
  '--request-timeout',
  '90',
  '--continue-on-failure',
];

/** From the PATH in this version, else in an environment of its own in our cache. */
function schemathesis() {
  const found = spawnSync('schemathesis', ['--version'], { encoding: 'utf8' });
  if (found.status === 0 && found.stdout.includes(VERSION)) return 'schemathesis';
  const venv = path.join(os.homedir(), '.cache', 'perdure', `schemathesis-${VERSION}`);
  const program = path.join(venv, 'bin', 'schemathesis');
  if (!existsSync(program)) {
    must('python3', ['-m', 'venv', venv]);
    must(path.join(venv, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${VERSION}`]);
  }
  return program;
}

function must(program, argv) {
  const { status, error } = spawnSync(program, argv, { stdio: 'inherit' });
  if (status !== 0)
    throw new Error(`${program} ${argv.join(' ')} failed: ${error?.message ?? `status ${status}`}`);
}

/** An admin's token, as the sign-in gives them: HS256 by the shared secret. */
function tokenOf(secret) {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    ...{
      iss: ISSUER,
      aud: 'authenticated',
      role: 'authenticated',
      sub: 'fuzz',
      iat: seconds,
      exp: seconds + 86_400,
    },
    app_metadata: { tenant_id: 'fuzz', perdure_scope: 'admin' },
  };
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = createHmac('sha256', secret).update(parts.join('.')).digest('base64url');
  return [...parts, signature].join('.');
}

/** @returns where it listens, once it is ready */
function ready(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => reject(new Error(`perdure is not ready:\n${output}`)), START_MS);
    const onData = (chunk) => {
      output += chunk;
      const url = /API\s+(http:\S+)/.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('exit', () => reject(new Error(`perdure ended:\n${output}`)));
  });
}

const ended = (child) =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('exit', resolve);
  });

async function fuzz(argv) {
  const program = schemathesis();
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'perdure-fuzz-'));
  // Where this runs as root, Postgres runs as another user and must get in.
  chmodSync(dataDir, 0o755);
  const secret = randomBytes(32).toString('hex');
  const perdure = spawn(process.execPath, [path.join(here, 'run.mjs'), 'start'], {
    env: {
      ...process.env,
      ...{ NO_COLOR: '1', PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0', PERDURE_DATA_DIR: dataDir },
      ...{ SUPABASE_JWT_SECRET: secret, PERDURE_JWT_ISSUER: ISSUER },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await ready(perdure);
    const attack = spawn(
      program,
      [
        ...[
          '--config-file',
          path.join(here, 'schemathesis.toml'),
          'run',
          `${url}/openapi.json`,
          '--checks',
          'all',
        ],
        ...['--header', `Authorization: Bearer ${tokenOf(secret)}`, ...DEFAULTS, ...argv],
      ],
      { stdio: 'inherit', cwd: dataDir },
    );
    return (await ended(attack)) ?? 1;
  } finally {
    perdure.kill('SIGINT');
    await ended(perdure);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

process.exitCode = await fuzz(process.argv.slice(2));
