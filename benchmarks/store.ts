/**
 * What do the records cost when there are many: appends a second, against bare inserts of one row; pages of the list,
 * and of one run's events, against a look-up of one row? Embedded, and through Supabase's API where there is one.
 */
import path from 'node:path';
import pg from 'pg';
import { v7 } from 'uuid';
import type { NewEvent } from '../contracts/events.js';
import { testPostgres } from '../src/adapters/embedded/testing/backends.js';
import { createLogger } from '../src/adapters/pino/logger.js';
import { migrate } from '../src/adapters/postgres/migrate.js';
import { openPostgresRecords } from '../src/adapters/postgres/records.js';
import type { Records } from '../src/adapters/records/records.js';
import { openSupabaseRecords } from '../src/adapters/supabase/records.js';
import { startSupabase, supabaseMissing } from '../src/adapters/supabase/testing/supabase.js';
import { load } from './support/load.js';
import { median, quantile, rounded } from './support/statistics.js';

export interface StoreOptions {
  runs?: number;
  eventsPerRun?: number;
  rounds?: number;
  /** Calls of a measurement. */
  calls?: number;
}

const AT_ONCE = 10;
const TENANT = 'acme';

interface Place {
  name: string;
  records: Records;
  /** Of a superuser: fills the tables, and is the floor. */
  url: string;
  release: () => Promise<void>;
}

export async function run({
  runs = 100_000,
  eventsPerRun = 100,
  rounds = 3,
  calls = 1_000,
}: StoreOptions = {}): Promise<{ rows: Record<string, string | number>[]; ratios: Record<string, number> }> {
  const rows: Record<string, string | number>[] = [];
  const ratios: Record<string, number> = {};
  for (const open of [embedded, supabase]) {
    const place = await open();
    if (place === null) continue;
    const floor = new pg.Pool({ connectionString: place.url, max: AT_ONCE });
    // Connections close after the pool has ended, and may meet a server that ends already.
    floor.on('connect', (client) => client.on('error', () => undefined));
    floor.on('error', () => undefined);
    try {
      await fill(floor, runs, eventsPerRun);
      const measured = await measure(place.records, floor, rounds, calls);
      for (const { what, perSecond, p50, p99 } of measured)
        rows.push({
          where: place.name,
          runs,
          events: runs * eventsPerRun,
          what,
          'a second, 10 at once': rounded(perSecond),
          'p50 ms': rounded(p50),
          'p99 ms': rounded(p99),
        });
      const of = (what: string): number => measured.find((one) => one.what === what)?.perSecond ?? NaN;
      ratios[`append_${place.name}`] = of('append of two events') / of('bare insert of one row');
      ratios[`list_${place.name}`] = of('first page of 50 runs') / of('bare look-up of one row');
    } finally {
      await floor.end();
      await place.release();
    }
  }
  return { rows, ratios };
}

async function embedded(): Promise<Place> {
  const server = await testPostgres();
  const url = server.connectionString;
  await migrate(url, path.join(process.cwd(), 'deploy/migrations'));
  const records = openPostgresRecords(url, createLogger([]));
  const release = async (): Promise<void> => {
    await records.close();
    await server.release();
  };
  return { name: 'embedded', records, url, release };
}

async function supabase(): Promise<Place | null> {
  const missing = await supabaseMissing();
  if (missing !== null) {
    console.error(`Supabase's API is not measured: ${missing}`);
    return null;
  }
  const server = await startSupabase();
  const records = openSupabaseRecords({ url: server.url, serviceRoleKey: server.serviceRoleKey });
  const release = async (): Promise<void> => {
    await records.close();
    await server.release();
  };
  return { name: 'supabase', records, url: server.superuserUrl, release };
}

/** Finished runs of the last months, each with its log; their ids count up as those of perdure do. */
async function fill(pool: pg.Pool, runs: number, eventsPerRun: number): Promise<void> {
  const session = await pool.connect();
  try {
    // What is checked of each row would take most of the time: these are right.
    await session.query('set session_replication_role = replica');
    await session.query('set synchronous_commit = off');
    await session.query(
      `insert into perdure.runs (id, tenant_id, status, goal, agent, metadata, created_at, started_at, finished_at, last_seq)
       select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' ||
           substr(md5(n::text), 4, 15))::uuid,
         $2, 'completed', 'a goal like any other', 'default', jsonb_build_object('customer', (n % 1000)::text), at, at,
         at + interval '10 seconds', $3::integer
       from generate_series($1::integer, 1, -1) as n, lateral (select now() - n * interval '1 minute' as at) as time`,
      [runs, TENANT, eventsPerRun],
    );
    await session.query(
      `insert into perdure.run_events (run_id, seq, event_key, tenant_id, type, at, step_id, attempt, data)
       select r.id, n, 'step/s' || n || '/end', r.tenant_id, 'step.completed', r.created_at, 's' || n, 1,
         '{"output": {"value": {"text": "so much as a step says"}}, "durationMs": 12}'
       from perdure.runs as r, generate_series(1, $1::integer) as n`,
      [eventsPerRun],
    );
  } finally {
    // The next one who gets it would have the settings, too.
    session.release(true);
  }
  await pool.query('create table public.floor (id uuid primary key, data jsonb not null)');
  await pool.query('vacuum analyze perdure.runs');
  await pool.query('vacuum analyze perdure.run_events');
}

interface Measured {
  what: string;
  perSecond: number;
  p50: number;
  p99: number;
}

async function measure(records: Records, pool: pg.Pool, rounds: number, calls: number): Promise<Measured[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from perdure.runs order by random() limit 500`,
  );
  const ids = rows.map(({ id }) => id);
  const any = (): string => ids[Math.floor(Math.random() * ids.length)] ?? '';
  const open: string[] = [];
  for (let i = 0; i < AT_ONCE; i += 1) {
    const id = v7();
    await records.runs.createRun({
      id,
      tenantId: TENANT,
      goal: 'a benchmark',
      agent: 'default',
      metadata: {},
      requestHash: null,
      createdAt: new Date().toISOString(),
    });
    open.push(id);
  }
  let appended = 0;
  const list = (filter: object) => () => records.runs.listRuns(TENANT, filter, 50);
  const acts: Record<string, () => Promise<unknown>> = {
    'bare insert of one row': () =>
      pool.query('insert into public.floor values ($1, $2)', [v7(), { output: 'so much as a step says' }]),
    'append of two events': () => {
      appended += 1;
      return records.log.append(open[appended % AT_ONCE] ?? '', stepEvents(appended));
    },
    'bare look-up of one row': () => pool.query('select * from perdure.runs where id = $1', [any()]),
    'first page of 50 runs': list({}),
    'the same, of one status': list({ status: 'completed' }),
    'the same, by metadata': list({ metadata: { customer: '7' } }),
    'all runs counted': () =>
      records.runs.countRuns(TENANT, {}, { from: new Date(0).toISOString(), seconds: 86_400 }),
    'the runs of a day counted': () => {
      const from = new Date(Date.now() - 86_400_000).toISOString();
      return records.runs.countRuns(TENANT, { createdAfter: from }, { from, seconds: 1_800 });
    },
    'a page of 100 events': () => records.log.read(any(), 0, 100),
  };
  const times = new Map<string, { each: number[]; perSecond: number[] }>();
  for (let round = 0; round < rounds; round += 1)
    for (const [what, act] of Object.entries(acts)) {
      const { each, seconds } = await load(calls, AT_ONCE, async () => {
        const began = performance.now();
        await act();
        return performance.now() - began;
      });
      const known = times.get(what) ?? { each: [], perSecond: [] };
      known.each.push(...each);
      known.perSecond.push(calls / seconds);
      times.set(what, known);
    }
  await checkOpen(records, open, appended);
  return [...times].map(([what, { each, perSecond }]) => ({
    what,
    perSecond: median(perSecond),
    p50: quantile(each, 0.5),
    p99: quantile(each, 0.99),
  }));
}

/** Nothing was lost on the way, and the numbers have no gaps. */
async function checkOpen(records: Records, open: readonly string[], appended: number): Promise<void> {
  let found = 0;
  for (const id of open)
    for (let after = 0; ;) {
      const page = await records.log.read(id, after, 1_000);
      if (!page.every(({ seq }, i) => seq === after + i + 1)) throw new Error('the log has gaps');
      found += page.filter(({ type }) => type === 'step.completed').length;
      if (page.length < 1_000) break;
      after += page.length;
    }
  if (found !== appended) throw new Error(`${appended} appends left ${found} events`);
}

const stepEvents = (n: number): NewEvent[] => [
  {
    type: 'step.completed',
    key: `step/s${n}/end`,
    at: new Date().toISOString(),
    stepId: `s${n}`,
    attempt: 1,
    data: { output: { value: { text: 'so much as a step says' } }, durationMs: 12 },
  },
  {
    type: 'step.started',
    key: `step/s${n + 1}/started/1`,
    at: new Date().toISOString(),
    stepId: `s${n + 1}`,
    attempt: 1,
    data: { tool: 'echo' },
  },
];
