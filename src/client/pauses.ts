/** How long to wait before something is tried again. */

/**
 * Grows twofold with each failure in a row from `first` to `most`, spread at random so that those who were cut off
 * together do not come back together; never less than `first`. Milliseconds.
 */
export function backOff(failures: number, first: number, most: number): number {
  const grown = Math.max(first * 1.25, Math.min(first * 2 ** failures, most));
  return first + Math.random() * (grown - first);
}

/** @throws the signal's reason when it is aborted meanwhile */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
  signal?.throwIfAborted();
}
