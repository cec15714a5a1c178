import { describe, expect, it } from 'vitest';
import { eventBusSuite } from '../../../tests/port-suites/event-bus.suite.js';
import { createLocalEventBus } from './local-event-bus.js';

eventBusSuite('the local bus', () =>
  Promise.resolve({ bus: createLocalEventBus(), release: () => Promise.resolve() }),
);

describe('createLocalEventBus', () => {
  it('lets a listener end its subscription, and begin one, while it is told', () => {
    const bus = createLocalEventBus();
    const got: string[] = [];
    const onReady = (): void => undefined;
    const end = bus.subscribe('r', {
      onReady,
      onEvent: () => {
        got.push('first');
        end();
        bus.subscribe('r', { onReady, onEvent: () => got.push('second') });
      },
    });
    const event = { type: 'run.started', seq: 1, runId: 'r', at: '2026-01-01T00:00:00.000Z' } as const;
    bus.publish('r', event);
    expect(got).toEqual(['first']);
    bus.publish('r', event);
    expect(got).toEqual(['first', 'second']);
  });
});
