/** What every EventBus must do, whatever carries its messages. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { EventBus } from '../../src/ports/event-bus.js';

export interface EventBusFixture {
  bus: EventBus;
  release: () => Promise<void>;
}

type Received = RunEvent | EphemeralEvent;

const at = '2026-01-01T00:00:00.000Z';
const started = (runId: string, seq: number): RunEvent => ({ type: 'run.started', seq, runId, at });
const progress = (runId: string, message: string): EphemeralEvent => ({
  type: 'step.progress',
  runId,
  at,
  stepId: 'a',
  attempt: 1,
  message,
});

export function eventBusSuite(name: string, make: () => Promise<EventBusFixture>): void {
  describe(`${name} as an EventBus`, () => {
    let bus: EventBus;
    let release: () => Promise<void>;
    let runId: string;

    beforeEach(async () => {
      ({ bus, release } = await make());
      runId = randomUUID();
    });
    afterEach(async () => {
      await release();
    });

    /** Resolves once the bus says that messages arrive. */
    const subscribed = (to: string, onEvent: (event: Received) => void): Promise<() => void> =>
      new Promise((resolve) => {
        const end = bus.subscribe(to, {
          onEvent,
          onReady: () => {
            resolve(end);
          },
        });
      });
    const listen = async (to = runId): Promise<{ got: Received[]; end: () => void }> => {
      const got: Received[] = [];
      const end = await subscribed(to, (event) => {
        got.push(event);
      });
      return { got, end };
    };
    const reach = (got: Received[], count: number): Promise<void> =>
      vi.waitFor(
        () => {
          expect(got.length).toBeGreaterThanOrEqual(count);
        },
        { timeout: 20_000, interval: 5 },
      );

    it('brings what is published after a subscription is ready, in order and unchanged', async () => {
      const { got } = await listen();
      const events = Array.from({ length: 200 }, (_, i) =>
        i % 2 === 0 ? started(runId, i + 1) : progress(runId, `größe ${i}`),
      );
      for (const event of events) bus.publish(runId, event);
      await reach(got, events.length);
      expect(got).toEqual(events);
    });

    it('brings every event to every listener of its run and to no other', async () => {
      const first = await listen();
      const second = await listen();
      const other = await listen(randomUUID());
      bus.publish(runId, started(runId, 1));
      await reach(first.got, 1);
      await reach(second.got, 1);
      expect([first.got.length, second.got.length, other.got.length]).toEqual([1, 1, 0]);
    });

    it('ends one subscription and leaves the others', async () => {
      const gone = await listen();
      const stays = await listen();
      gone.end();
      gone.end();
      bus.publish(runId, started(runId, 1));
      await reach(stays.got, 1);
      expect(gone.got).toEqual([]);
      const late = await listen();
      gone.end();
      bus.publish(runId, started(runId, 2));
      await reach(late.got, 1);
    });

    it('lets one listener subscribe twice', async () => {
      const got: Received[] = [];
      const listener = (event: Received): void => {
        got.push(event);
      };
      const end = await subscribed(runId, listener);
      await subscribed(runId, listener);
      end();
      bus.publish(runId, started(runId, 1));
      await reach(got, 1);
      expect(got).toHaveLength(1);
    });

    it('never throws at the publisher, and goes on past a listener that throws', async () => {
      await subscribed(runId, () => {
        throw new Error('a listener at fault');
      });
      const { got } = await listen();
      expect(() => {
        bus.publish(runId, started(runId, 1));
        bus.publish(randomUUID(), started(runId, 1));
      }).not.toThrow();
      await reach(got, 1);
    });

    it('tells a listener that joins others that it is ready, and one that has left nothing', async () => {
      await listen();
      await listen();
      let told = false;
      bus.subscribe(runId, { onEvent: () => undefined, onReady: () => (told = true) })();
      await listen();
      expect(told).toBe(false);
    });

    it('is healthy while it works', async () => {
      await listen();
      await bus.check();
      expect([bus.healthy(), bus.problem()]).toEqual([true, null]);
    });
  });
}
