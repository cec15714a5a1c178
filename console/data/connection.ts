/** Whether the server can be reached, as the last answers tell; while it cannot, it is asked again and again. */
import { serverNow } from './clock.js';
import { createStore } from './store.js';

/** Null while it can be reached; else since when it cannot. */
export const unreachableSince = createStore<number | null>(null);

const ASK_AGAIN_MS = 2_000;

export function noteReachable(): void {
  unreachableSince.set(null);
}

export function noteUnreachable(): void {
  if (unreachableSince.get() !== null) return;
  unreachableSince.set(serverNow());
  void askUntilReachable();
}

async function askUntilReachable(): Promise<void> {
  while (unreachableSince.get() !== null) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    try {
      await fetch('/healthz', { signal: AbortSignal.timeout(5_000) });
      noteReachable();
    } catch {
      // The next try tells.
    }
  }
}
