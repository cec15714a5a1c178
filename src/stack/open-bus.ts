/** What carries wake-ups between processes: Redis, whose client is loaded where it is used, or this process. */
import { createLocalEventBus } from '../adapters/local/local-event-bus.js';
import { ConfigError, type Config } from '../config/env.js';
import type { EventBus } from '../ports/event-bus.js';
import type { Logger } from '../ports/logger.js';
import type { Releasers } from './releasers.js';

/** @throws ConfigError for a file that cannot be used */
export async function openBus(
  { redis }: Config,
  logger: Logger,
  releasers: Releasers,
): Promise<{ port: EventBus; what: string }> {
  if (redis === null) return { port: createLocalEventBus(), what: 'within this process' };
  const { openRedisEventBus } = await import('../adapters/redis/redis-event-bus.js');
  let bus: ReturnType<typeof openRedisEventBus>;
  try {
    bus = openRedisEventBus(redis, logger);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`REDIS_CA_FILE cannot be used: ${why}`, { cause: error });
  }
  releasers.push('the connections to Redis', () => {
    bus.close();
    return Promise.resolve();
  });
  return { port: bus, what: `Redis at ${new URL(redis.url).host}` };
}
