/** The event bus of one process: listeners are called where the event is published. */
import type { BusListener, EventBus } from '../../ports/event-bus.js';

export function createLocalEventBus(): EventBus {
  // Each subscription is an object of its own, so that one listener can subscribe twice.
  const runs = new Map<string, Set<{ listener: BusListener }>>();
  return {
    publish(runId, event) {
      // A copy: listeners come and go while they are told.
      for (const { listener } of [...(runs.get(runId) ?? [])]) {
        try {
          listener.onEvent(event);
        } catch {
          // The log has the event; one listener's fault is neither the publisher's nor the next one's.
        }
      }
    },
    subscribe(runId, listener) {
      const subscriptions = runs.get(runId) ?? new Set();
      const subscription = { listener };
      runs.set(runId, subscriptions.add(subscription));
      queueMicrotask(() => {
        if (subscriptions.has(subscription)) listener.onReady();
      });
      return () => {
        subscriptions.delete(subscription);
        // Only if it is still this run's set: a late second call must not end another's subscription.
        if (subscriptions.size === 0 && runs.get(runId) === subscriptions) runs.delete(runId);
      };
    },
    healthy: () => true,
    problem: () => null,
    check: () => Promise.resolve(),
  };
}
