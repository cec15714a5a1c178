/** Back ends behind lines that can be slowed, cut and paused; an API and workers that are started again when they end. */
import path from 'node:path';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { claimPort } from '../../../src/adapters/embedded/free-port.js';
import { testDirectory } from '../../../src/adapters/embedded/testing/backends.js';
import { createClient, type Client } from '../../../src/client/client.js';
import { startBackEnds, type BackEnds } from '../../e2e/support/back-ends.js';
import { startCounter, type Counter } from './counter.js';
import { startDecider, type Decider } from './decider.js';
import { keepProcess, type KeptProcess } from './kept-process.js';
import { createMovedClock, findFakeTime, type MovedClock } from './moved-clock.js';
import { startToxiproxy, type Line } from './toxiproxy.js';

export interface Cluster {
  readonly backEnds: BackEnds;
  /** To the back ends, of API and workers alike. */
  readonly lines: Readonly<Record<'Temporal' | 'Supabase' | 'S3' | 'Redis', Line>>;
  readonly api: KeptProcess;
  readonly workers: readonly KeptProcess[];
  /** From each worker alone to Temporal. */
  readonly ownLines: readonly Line[];
  /** Of the API, then of each worker; none where libfaketime cannot be had. */
  readonly clocks: readonly MovedClock[];
  /** Of the API. */
  readonly url: string;
  readonly client: Client;
  /** By a line of its own, which nothing happens to. */
  readonly temporal: TemporalClient;
  readonly counter: Counter;
  /** Answers what becomes of acts that nobody knows of, by what the counter was told. */
  readonly decider: Decider;
  release(): Promise<void>;
}

/** Lines are whole, and processes on their way. */
export async function startCluster({ workers = 2 } = {}): Promise<Cluster> {
  const opened: (() => Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const [counter, toxiproxy, place] = [await startCounter(), await startToxiproxy(), await testDirectory()];
    opened.push(
      () => counter.close(),
      () => place.remove(),
      () => toxiproxy.release(),
    );
    const backEnds = await startBackEnds();
    opened.push(() => backEnds.release());
    const { env } = backEnds;
    const line = (name: string, address: string): Promise<Line> => toxiproxy.line(name, address);
    const hostOf = (url: string | undefined): string => new URL(url ?? '').host;
    const lines = {
      Temporal: await line('temporal', backEnds.temporal.address),
      Supabase: await line('supabase', hostOf(env.SUPABASE_URL)),
      S3: await line('s3', hostOf(env.S3_ENDPOINT)),
      Redis: await line('redis', `127.0.0.1:${backEnds.redis.port}`),
    };
    const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
    const library = await findFakeTime();
    const clocks: MovedClock[] = [];
    const start = async (kind: 'api' | 'worker', more: Record<string, string>): Promise<KeptProcess> => {
      const file = path.join(place.directory, `clock-${clocks.length}`);
      const clock = 'file' in library ? await createMovedClock(library.file, file) : undefined;
      if (clock !== undefined) clocks.push(clock);
      const process = keepProcess(kind, {
        ...env,
        TEMPORAL_ADDRESS: lines.Temporal.address,
        SUPABASE_URL: `http://${lines.Supabase.address}`,
        S3_ENDPOINT: `http://${lines.S3.address}`,
        // Its certificate is of this name.
        REDIS_URL: (env.REDIS_URL ?? '').replace(/:\d+$/, `:${lines.Redis.address.split(':')[1]}`),
        COUNTER: counter.url,
        ...clock?.env,
        ...more,
      });
      opened.push(() => process.stop());
      return process;
    };
    const api = await start('api', { PORT: String(port) });
    const [all, ownLines]: [KeptProcess[], Line[]] = [[], []];
    for (let i = 1; i <= workers; i += 1) {
      const own = await line(`temporal-of-worker-${i}`, lines.Temporal.address);
      ownLines.push(own);
      all.push(await start('worker', { TEMPORAL_ADDRESS: own.address }));
    }
    const url = `http://127.0.0.1:${port}`;
    const client = createClient({ baseUrl: url, token: backEnds.token });
    const connection = await Connection.connect({ address: backEnds.temporal.address });
    opened.push(() => connection.close());
    const decider = startDecider(client, (run, step) => (counter.of(run).get(step) ?? 0) > 0);
    opened.push(async () => {
      decider.stop();
      await decider.done;
    });
    const temporal = new TemporalClient({ connection });
    return {
      backEnds,
      lines,
      api,
      workers: all,
      ownLines,
      clocks,
      url,
      client,
      temporal,
      counter,
      decider,
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
