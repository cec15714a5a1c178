import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../../contracts/events.js';
import { eventBusSuite } from '../../../tests/port-suites/event-bus.suite.js';
import type { FakeLogger } from '../../api/testing/fake-logger.js';
import { createFakes } from '../../api/testing/fakes.js';
import type { RedisAddress } from './connection.js';
import { openRedisEventBus, type RedisEventBus } from './redis-event-bus.js';
import { makeCertificates } from './testing/certificates.js';
import { redisMissing, startRedis, type TestRedis } from './testing/redis-server.js';

const missing = await redisMissing();
if (missing !== null) console.error(`the event bus over Redis is not tested: ${missing}`);

const times = { pingMs: 200, answerMs: 1_000, maxReconnectMs: 200 };
const at = '2026-01-01T00:00:00.000Z';

describe.skipIf(missing !== null)('with a redis-server over TLS', { timeout: 60_000 }, () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.release());

  eventBusSuite('the Redis bus', async () => {
    const bus = openRedisEventBus(redis, createFakes().logger, times);
    await vi.waitFor(() => bus.check(), { timeout: 10_000 });
    return {
      bus,
      release: () => {
        bus.close();
        return Promise.resolve();
      },
    };
  });

  describe('the Redis bus when Redis is at fault', () => {
    const open: RedisEventBus[] = [];
    afterEach(async () => {
      for (const bus of open.splice(0)) bus.close();
      redis.resume();
      await redis.stop();
      await redis.start();
    });

    const begin = (address: RedisAddress = redis): { bus: RedisEventBus; logger: FakeLogger } => {
      const { logger } = createFakes();
      const bus = openRedisEventBus(address, logger, times);
      open.push(bus);
      return { bus, logger };
    };
    it('is waited for by the first check, and not called away before it could answer', async () => {
      const bus = openRedisEventBus(redis, createFakes().logger);
      open.push(bus);
      await expect(bus.check()).resolves.toBeUndefined();
    });

    const until = (condition: () => boolean): Promise<void> =>
      vi.waitFor(
        () => {
          expect(condition()).toBe(true);
        },
        { timeout: 15_000, interval: 10 },
      );
    const follow = (bus: RedisEventBus, runId: string): { got: number[]; ready: number } => {
      const told = { got: [] as number[], ready: 0 };
      bus.subscribe(runId, {
        onEvent: (event) => {
          if ('seq' in event) told.got.push(event.seq);
        },
        onReady: () => (told.ready += 1),
      });
      return told;
    };
    const event = (runId: string, seq: number): RunEvent => ({ type: 'run.started', seq, runId, at });
    const withUser = (user: string, password: string): RedisAddress => {
      const url = new URL(redis.url);
      return { url: `${url.protocol}//${user}:${password}@${url.host}`, caFile: redis.caFile };
    };

    it.each(['stop and start', 'flush', 'stand still'] as const)(
      'comes back after a %s, and tells every listener to read the log',
      async (fault) => {
        const { bus, logger } = begin();
        const runId = randomUUID();
        const told = follow(bus, runId);
        await until(() => told.ready === 1 && bus.healthy());
        const reconnected = bus.healthy.bind(bus);
        if (fault === 'stop and start') await redis.stop();
        if (fault === 'stand still') redis.pause();
        if (fault === 'flush') await redis.flush();
        else {
          await until(() => !bus.healthy());
          expect(bus.problem()).toMatch(/Redis/);
          await expect(bus.check()).rejects.toThrow(/Redis/);
          // Nobody waits, and nothing is kept for later.
          bus.publish(runId, event(runId, 1));
          if (fault === 'stop and start') await redis.start();
          redis.resume();
        }
        await until(() => told.ready > 1 && reconnected());
        await vi.waitFor(() => bus.check(), { timeout: 10_000 });
        bus.publish(runId, event(runId, 2));
        await until(() => told.got.includes(2));
        expect(told.got).not.toContain(1);
        if (fault === 'flush') return;
        expect(logger.lines.filter((line) => line.level === 'warn').length).toBeGreaterThan(0);
        expect(logger.lines.some((line) => line.message === 'Redis is back')).toBe(true);
      },
    );

    it('tells the others when it could not publish for a while', async () => {
      const listening = begin().bus;
      const { bus } = begin();
      const runId = randomUUID();
      const told = follow(listening, runId);
      await until(() => told.ready === 1 && listening.healthy() && bus.healthy());
      await redis.admin('CLIENT', 'NO-EVICT', 'ON');
      const publishers = String(await redis.admin('CLIENT', 'LIST', 'TYPE', 'normal'))
        .split('\n')
        .filter((line) => line.includes('user=perdure'))
        .map((line) => /id=(\d+)/.exec(line)?.[1] ?? '');
      for (const id of publishers) await redis.admin('CLIENT', 'KILL', 'ID', id);
      await until(() => !bus.healthy());
      bus.publish(runId, event(runId, 1));
      await until(() => told.ready > 1);
      expect(told.got).toEqual([]);
    });

    it('says in clear words what is wrong with the user, the password, the ACL or the certificate', async () => {
      const place = await mkdtemp(path.join(os.tmpdir(), 'perdure-ca-'));
      try {
        await redis.admin(
          'ACL',
          'SETUSER',
          'mute',
          'on',
          '>pw',
          'resetchannels',
          '-@all',
          '+ping',
          '+subscribe',
        );
        const other = await makeCertificates(place);
        const plain = { url: redis.url.replace('rediss:', 'redis:'), caFile: null };
        const elsewhere = { ...redis, url: redis.url.replace('localhost', '[::1]') };
        for (const [address, words] of [
          [withUser('perdure', 'wrong'), /refuses the user or the password/],
          [withUser('mute', 'pw'), /does not let this user/],
          [{ url: redis.url, caFile: other.caFile }, /not from an authority/],
          [{ url: redis.url, caFile: null }, /not from an authority/],
          [plain, /broke/],
          [elsewhere, /nothing listens/],
        ] as const) {
          const { bus, logger } = begin(address);
          await until(() => words.test(bus.problem() ?? ''));
          expect(bus.healthy()).toBe(false);
          bus.publish(randomUUID(), event(randomUUID(), 1));
          const said = JSON.stringify(logger.lines);
          expect(said).not.toContain('"wrong"');
          expect(said).not.toContain(new URL(redis.url).password);
          expect(logger.lines.filter(({ level }) => level === 'warn').length).toBeLessThan(8);
        }
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    });

    it('works again once the ACL is mended', { timeout: 40_000 }, async () => {
      await redis.admin('ACL', 'SETUSER', 'late', 'on', '>pw', 'resetchannels', '-@all', '+ping');
      const { bus } = begin(withUser('late', 'pw'));
      await until(() => (bus.problem() ?? '').includes('does not let'));
      await redis.admin('ACL', 'SETUSER', 'late', '&perdure:*', '+publish', '+subscribe', '+unsubscribe');
      await vi.waitFor(() => bus.check(), { timeout: 25_000, interval: 200 });
      await until(() => bus.healthy());
    });

    it('refuses a certificate for another host', async () => {
      // The certificate is for localhost and 127.0.0.1; another loopback address leads to the same server.
      const { bus } = begin({ ...redis, url: redis.url.replace('localhost', '127.0.0.2') });
      await until(() => bus.problem() !== null && !(bus.problem() ?? '').includes('not answered'));
      expect(bus.healthy()).toBe(false);
    });

    it('refuses a CA file that is not there at once', () => {
      expect(() => begin({ url: redis.url, caFile: '/nowhere/ca.pem' })).toThrow(/REDIS_CA_FILE/);
    });

    it('sends word of an event that is too large, and not the event', async () => {
      const { bus } = begin();
      const runId = randomUUID();
      const told = follow(bus, runId);
      await until(() => told.ready === 1 && bus.healthy());
      bus.publish(runId, { type: 'run.queued', seq: 1, runId, at, goal: 'x'.repeat(1_000_000) });
      await until(() => told.ready === 2);
      expect(told.got).toEqual([]);
    });

    it('passes over what is no event, and what is of another run', async () => {
      const { bus } = begin();
      const runId = randomUUID();
      const told = follow(bus, runId);
      await until(() => told.ready === 1 && bus.healthy());
      for (const text of ['', '{', 'null', '[]', '{"type":1,"runId":"x"}', JSON.stringify(event('other', 1))])
        await redis.admin('PUBLISH', `perdure:run:${runId}`, text);
      bus.publish(runId, event(runId, 2));
      await until(() => told.got.length > 0);
      expect(told.got).toEqual([2]);
    });

    it('has one channel for all listeners of a run, and leaves nothing behind', async () => {
      const { bus } = begin();
      const runId = randomUUID();
      const listener = { onEvent: () => undefined, onReady: () => undefined };
      const ends = Array.from({ length: 50 }, () => bus.subscribe(runId, listener));
      const channels = (): Promise<unknown> => redis.admin('PUBSUB', 'CHANNELS', 'perdure:run:*');
      await vi.waitFor(async () => {
        expect(await channels()).toEqual([`perdure:run:${runId}`]);
      }, 10_000);
      expect(await redis.admin('PUBSUB', 'NUMSUB', `perdure:run:${runId}`)).toEqual([
        `perdure:run:${runId}`,
        1,
      ]);
      for (const end of ends) end();
      await vi.waitFor(async () => {
        expect(await channels()).toEqual([]);
      }, 10_000);
      expect(await redis.admin('DBSIZE')).toBe(0);
    });
  });
});
