/** The event bus of one process: listeners are called where the event is published. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import type { EventBus } from '../../ports/event-bus.js';

type Listener = (event: RunEvent | EphemeralEvent) => void;

export function createLocalEventBus(): EventBus {
  // Each subscription is an object of its own, so that one listener can subscribe twice.
  const runs = new Map<string, Set<{ listener: Listener }>>();
  return {
    publish(runId, event) {
      // A copy: listeners come and go while they are told.
      for (const { listener } of [...(runs.get(runId) ?? [])]) {
        try {
          listener(event);
        } catch {
          // The log has the event; one listener's fault is neither the publisher's nor the next one's.
        }
      }
    },
    subscribe(runId, listener) {
      const subscriptions = runs.get(runId) ?? new Set();
      const subscription = { listener };
      runs.set(runId, subscriptions.add(subscription));
      return Promise.resolve(() => {
        subscriptions.delete(subscription);
        // Only if it is still this run's set: a late second call must not end another's subscription.
        if (subscriptions.size === 0 && runs.get(runId) === subscriptions) runs.delete(runId);
      });
    },
    healthy: () => true,
  };
}
