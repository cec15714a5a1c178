/** An event bus within the test. */
import type { BusListener, EventBus } from '../../ports/event-bus.js';

export interface FakeBus extends EventBus {
  isHealthy: boolean;
  listeners: Map<string, Set<BusListener>>;
}

export function createFakeBus(): FakeBus {
  const listeners: FakeBus['listeners'] = new Map();
  const bus: FakeBus = {
    isHealthy: true,
    listeners,
    publish(runId, event) {
      for (const listener of listeners.get(runId) ?? []) listener.onEvent(event);
    },
    subscribe(runId, listener) {
      const set = listeners.get(runId) ?? new Set();
      listeners.set(runId, set.add(listener));
      queueMicrotask(() => {
        if (set.has(listener)) listener.onReady();
      });
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(runId) === set) listeners.delete(runId);
      };
    },
    healthy: () => bus.isHealthy,
    problem: () => (bus.isHealthy ? null : 'the fake bus is away'),
    check: () => (bus.isHealthy ? Promise.resolve() : Promise.reject(new Error('the fake bus is away'))),
  };
  return bus;
}
