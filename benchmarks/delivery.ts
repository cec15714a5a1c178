/** How long from an event's append to its arrival, at 1, 100, 1,000 and 5,000 subscribers of one run? */
import { redisMissing, startRedis, type TestRedis } from '../src/adapters/redis/testing/redis-server.js';
import { startReaders, startServer } from './streams/processes.js';

export interface DeliveryOptions {
  subscribers?: readonly number[];
  /** Events a measurement. */
  events?: number;
}

interface Row {
  server: string;
  subscribers: number;
  p50Ms: number;
  p99Ms: number;
}

/** Quiet enough that no event waits for the one before it. */
const EVERY_MS = 20;

export async function run({
  subscribers = [1, 100, 1_000, 5_000],
  events = 200,
}: DeliveryOptions = {}): Promise<{
  rows: Row[];
  ratios: Record<string, number>;
}> {
  const missing = await redisMissing();
  if (missing !== null) console.error(`delivery through Redis is not measured: ${missing}`);
  const redis = missing === null ? await startRedis() : null;
  try {
    const rows: Row[] = [];
    const ratios: Record<string, number> = {};
    for (const count of subscribers) {
      const bare = await measure('bare Node', count, events);
      const local = await measure('perdure in one process', count, events);
      rows.push(bare, local);
      ratios[`delivery_p50_${count}`] = local.p50Ms / bare.p50Ms;
      if (redis === null) continue;
      const through = await measure('perdure through Redis with TLS', count, events, redis);
      rows.push(through);
      ratios[`delivery_redis_p50_${count}`] = through.p50Ms / bare.p50Ms;
    }
    return { rows, ratios };
  } finally {
    await redis?.release();
  }
}

async function measure(name: string, subscribers: number, events: number, redis?: TestRedis): Promise<Row> {
  const args = redis === undefined ? [] : [redis.url, ...(redis.caFile === null ? [] : [redis.caFile])];
  const server = await startServer(name === 'bare Node' ? 'bare' : 'perdure', args);
  const readers = await startReaders();
  try {
    await readers.open(server.port, await server.paths(subscribers, false));
    // The first ones pay for code that is not yet compiled, and for Redis to be subscribed to.
    const warm = readers.arrived(20 * subscribers);
    await server.publish(2, 20, EVERY_MS);
    await warm;
    const arrival = readers.arrived(events * subscribers);
    await server.publish(22, events, EVERY_MS);
    const delays = (await arrival).delays.sort((a, b) => a - b);
    const at = (share: number): number =>
      Number((delays[Math.floor(delays.length * share)] ?? NaN).toFixed(2));
    return { server: name, subscribers, p50Ms: at(0.5), p99Ms: at(0.99) };
  } finally {
    server.close();
    readers.close();
  }
}
