/**
 * Secrets put in wherever one may stand, and runs that use all of them, on the back ends of production: afterwards
 * none is found in a log, the database, Temporal, Redis' traffic, S3, a stream, the metrics, the traces, the audit log or what
 * a model was told.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../contracts/audit.js';
import type { SubmitRun } from '../../contracts/runs.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { testTemporal } from '../../src/adapters/embedded/testing/backends.js';
import { createClient, type Client } from '../../src/client/client.js';
import { startServer, type TestServer } from '../../src/tools/testing/http-server.js';
import { missingBackEnds, startBackEnds, type BackEnds } from '../e2e/support/back-ends.js';
import { missingCollector, startCollector, type Collector } from '../e2e/support/collector.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from '../e2e/support/fleet.js';

const missing = (await missingBackEnds()) ?? (await missingCollector());
if (missing !== null) console.warn(`The canary is not let fly: ${missing}`);

const secret = (name: string): string => `canary-${name}-${randomBytes(12).toString('hex')}`;
const named = secret('named');
const encryption = randomBytes(32).toString('base64');
const secrets: Record<string, string> = {
  PERDURE_SECRET_CANARY: named,
  PERDURE_TICKET_SECRET: secret('ticket'),
  PERDURE_WEBHOOK_SECRET: secret('webhook'),
  PERDURE_METRICS_TOKEN: secret('metrics'),
  OPENAI_API_KEY: secret('model'),
  OTEL_EXPORTER_OTLP_HEADERS: secret('traces'),
};
/** What is no secret, and must be found where content belongs: else the search would be blind. */
const CONTROL = `control-${randomBytes(8).toString('hex')}`;

describe.skipIf(missing !== null)('a canary', () => {
  let backEnds: BackEnds;
  let temporal: Awaited<ReturnType<typeof testTemporal>>;
  let echo: TestServer;
  let stub: StubServer;
  let collector: Collector;
  let folder: string;
  let redis: Redis;
  let monitor: Redis;
  let traffic = '';
  let streams = '';
  let api: FleetProcess;
  let worker: FleetProcess;
  let client: Client;
  let apiKey = '';
  let auditor: Client;
  const received: string[] = [];

  beforeAll(async () => {
    echo = await startServer((req, res) => {
      const given = req.headers.authorization ?? '';
      received.push(given);
      if (req.url?.startsWith('/fails') === true) res.statusCode = 400;
      res.setHeader('x-echo', given);
      res.end(`${CONTROL} ${given} ${Buffer.from(given).toString('base64')} ${encodeURIComponent(given)}`);
    });
    const fetching = { tool: 'http_fetch', args: { url: `${echo.url}/agent`, headers: authorization } };
    stub = await startStubServer((_request, before) =>
      before === 0 ? { calls: [fetching] } : { text: `${CONTROL}: done` },
    );
    collector = await startCollector();
    temporal = await testTemporal();
    backEnds = await startBackEnds(Promise.resolve(temporal));
    folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-canary-'));
    await writeFile(path.join(folder, 'secrets.yaml'), `secrets: { canary: { hosts: ["${echo.host}"] } }\n`);
    await backEnds.redis.admin(
      'ACL',
      'SETUSER',
      'watcher',
      'on',
      '>watching',
      'allcommands',
      'allkeys',
      'allchannels',
    );
    redis = new Redis({
      ...{ host: 'localhost', port: backEnds.redis.port, username: 'watcher', password: 'watching' },
      tls: { ca: await readFile(backEnds.redis.caFile ?? '') },
    });
    monitor = await redis.monitor();
    // The server ends before it does.
    for (const each of [redis, monitor]) each.on('error', () => undefined);
    monitor.on('monitor', (_time: string, args: string[]) => (traffic += `${args.join(' ')}\n`));
    const env = {
      ...backEnds.env,
      ...secrets,
      PERDURE_ENCRYPTION_KEYS: `k1=${encryption}`,
      PERDURE_TOOLS_DIR: folder,
      PERDURE_HTTP_ALLOW: echo.host,
      PERDURE_MODEL: 'openai:gpt-5',
      OPENAI_BASE_URL: stub.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${secrets.OTEL_EXPORTER_OTLP_HEADERS ?? ''}`,
      LOG_LEVEL: 'debug',
    };
    [api, worker] = await Promise.all([startApiProcess(env), startWorkerProcess(env)]);
    const baseUrl = `http://127.0.0.1:${api.port}`;
    const admin = await backEnds.supabase.sign({
      sub: 'an-admin',
      app_metadata: { tenant_id: 'acme', perdure_scope: 'admin' },
    });
    const asAdmin = createClient({ baseUrl, token: admin });
    const made = await asAdmin.apiKeys.create({ name: 'k', scope: 'write' });
    apiKey = made.token;
    auditor = createClient({
      baseUrl,
      token: (await asAdmin.apiKeys.create({ name: 'a', scope: 'audit' })).token,
    });
    client = createClient({ baseUrl, token: apiKey });
  }, 600_000);
  afterAll(async () => {
    monitor.disconnect();
    redis.disconnect();
    await Promise.all([api, worker].map((each) => endProcess(each, 'SIGKILL')));
    await backEnds.release();
    await collector.release();
    await echo.close();
    await stub.close();
    await rm(folder, { recursive: true });
  });

  const authorization = { authorization: 'Bearer {{secrets.canary}}' };

  async function fly(plan: object, more: object = {}): Promise<void> {
    const run = await client.submit({ goal: `${CONTROL} flies`, plan, ...more } as SubmitRun);
    const answer = await fetch(`http://127.0.0.1:${api.port}/v1/runs/${run.id}/events`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' },
    });
    streams += await answer.text();
    await client.wait(run.id);
  }

  test('is found nowhere that it was not put', { timeout: 300_000 }, async () => {
    const get = { url: `${echo.url}/a`, headers: authorization };
    await fly({
      steps: [
        { id: 'inline', tool: 'http_fetch', args: get },
        { id: 'saved', tool: 'http_fetch', args: { ...get, saveAs: 'echo.txt' } },
        { id: 'again', tool: 'echo', args: { got: '{{steps.inline.output.body}}' } },
        { id: 'text', tool: 'echo', args: { said: '{{secrets.canary}}' } },
        {
          id: 'elsewhere',
          tool: 'http_fetch',
          args: { ...get, url: 'https://example.com/' },
          onFailure: 'continue',
        },
        {
          id: 'fails',
          tool: 'http_fetch',
          args: { ...get, url: `${echo.url}/fails` },
          onFailure: 'continue',
        },
      ],
    });
    const task = { task: `fetch ${echo.url}`, tools: ['http_fetch'] };
    await fly(
      { steps: [{ id: 'agent', tool: 'agent', args: task }] },
      { webhook: { url: `${echo.url}/hook` } },
    );
    expect(received.filter((given) => given === `Bearer ${named}`).length).toBeGreaterThanOrEqual(4);

    // Refused calls of somebody known, with what should not be where it is.
    for (const path of ['/v1/api-keys', `/v1/schedules?token=${apiKey}&key=${named}`])
      await fetch(`http://127.0.0.1:${api.port}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: named, cron: apiKey }),
      });
    // Spans are sent some at a time.
    await expect
      .poll(async () => (await collector.spans()).length, { timeout: 60_000, interval: 500 })
      .toBeGreaterThan(20);
    const metrics = await fetch(`http://127.0.0.1:${api.port}/metrics`, {
      headers: { authorization: `Bearer ${secrets.PERDURE_METRICS_TOKEN ?? ''}` },
    });
    expect(metrics.status).toBe(200);
    const places: Record<string, string> = {
      'logs of the API': api.output(),
      'logs of the worker': worker.output(),
      'the database': await databaseOf(backEnds.supabase.superuserUrl),
      Temporal: await bytesOf(temporal.directory),
      'Redis’ traffic': traffic,
      S3: await objectsOf(backEnds),
      streams,
      metrics: await metrics.text(),
      traces: await collector.text(),
      'the audit log': JSON.stringify(await entriesOf(auditor)),
      'what the model was told': JSON.stringify(
        stub.requests.map(({ authorization: _key, ...rest }) => rest),
      ),
    };
    for (const place of ['the database', 'Redis’ traffic', 'S3', 'streams', 'what the model was told'])
      expect([place, places[place]?.includes(CONTROL)]).toEqual([place, true]);
    expect(places['the audit log']).toContain('submitRun');
    expect(places['the audit log']).toContain('insufficient_scope');
    expect(places.streams).toContain('[secret canary]');
    const { credentials } = backEnds.s3.config;
    const words = {
      ...secrets,
      PERDURE_ENCRYPTION_KEYS: encryption,
      'an API key': apiKey,
      S3_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
      SUPABASE_SERVICE_ROLE_KEY: backEnds.env.SUPABASE_SERVICE_ROLE_KEY ?? '',
      REDIS_URL: new URL(backEnds.redis.url).password,
    };
    const found = Object.entries(places).flatMap(([place, text]) =>
      Object.entries(words)
        .filter(([, word]) => word !== '' && formsOf(word).some((form) => text.includes(form)))
        .map(([name]) => `${name} in ${place}`),
    );
    expect(found).toEqual([]);
  });
});

const formsOf = (word: string): string[] => [
  word,
  encodeURIComponent(word),
  Buffer.from(word).toString('base64').slice(0, -4),
  Buffer.from(word).toString('hex'),
];

async function entriesOf(client: Client): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of client.audit()) entries.push(entry);
  return entries;
}

async function databaseOf(url: string): Promise<string> {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    const { rows: tables } = await database.query<{ name: string }>(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname = 'perdure'",
    );
    expect(tables.length).toBeGreaterThan(5);
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await database.query(`select to_jsonb(t) as row from ${name} as t`);
      texts.push(JSON.stringify(rows));
    }
    return texts.join('\n');
  } finally {
    await database.end();
  }
}

async function bytesOf(directory: string): Promise<string> {
  const files = (await readdir(directory)).filter((name) => name.startsWith('temporal.db'));
  return (await Promise.all(files.map((name) => readFile(path.join(directory, name), 'latin1')))).join('\n');
}

async function objectsOf({ s3: { config } }: BackEnds): Promise<string> {
  const client = new S3Client({
    endpoint: config.endpoint,
    region: config.region,
    forcePathStyle: true,
    ...(config.credentials === null ? {} : { credentials: config.credentials }),
  });
  try {
    const { Contents: all = [] } = await client.send(new ListObjectsV2Command({ Bucket: config.bucket }));
    const texts = await Promise.all(
      all.map(async ({ Key }) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: config.bucket, Key }));
        return `${Key ?? ''}\n${(await Body?.transformToString('latin1')) ?? ''}`;
      }),
    );
    return texts.join('\n');
  } finally {
    client.destroy();
  }
}
