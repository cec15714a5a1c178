/** Our API with its stores in memory: what streams cost, without what a database costs. Redis carries where told. */
import http from 'node:http';
import { v7 } from 'uuid';
import type { NewEvent, RunEvent } from '../../contracts/events.js';
import { createLocalEventBus } from '../../src/adapters/local/local-event-bus.js';
import { openRedisEventBus } from '../../src/adapters/redis/redis-event-bus.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { serve } from './served.js';

const [redisUrl, redisCa] = process.argv.slice(2);
const fakes = createFakes();
const open = () =>
  redisUrl === undefined
    ? createLocalEventBus()
    : openRedisEventBus({ url: redisUrl, caFile: redisCa ?? null }, fakes.logger);
const bus = open();
// A worker is another process, with connections of its own.
const workerBus = redisUrl === undefined ? bus : open();
const api = createApp({ ...dependenciesOf(fakes), bus });
let watched = '';

serve(http.createServer(api.serverOptions, api.app), {
  async paths(count, apart) {
    const ids = Array.from({ length: apart ? count : 1 }, () => v7());
    for (const id of ids)
      await fakes.runs.createRun({
        id,
        tenantId: 'local',
        goal: 'a benchmark',
        agent: 'default',
        metadata: {},
        requestHash: null,
        createdAt: new Date().toISOString(),
      });
    watched = ids[0] ?? '';
    // The streams begin after the event of the submission: all that comes is counted.
    return Array.from({ length: count }, (_, i) => `/v1/runs/${ids[apart ? i : 0]}/events?after=1`);
  },
  async publish({ runId: _runId, seq, type, at, ...data }: RunEvent) {
    const [appended] = await fakes.log.append(watched, [
      { type, at, key: String(seq), data } as unknown as NewEvent,
    ]);
    if (appended !== undefined) workerBus.publish(watched, appended.event);
  },
});
