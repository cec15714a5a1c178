/** Waiting that a call, a time-out or an abort ends; a call that comes before the wait is not lost. */

export interface WakeUp {
  wake(): void;
  /** Until wake(), the time-out or the abort. */
  wait(ms: number): Promise<void>;
  /** Until the time-out or the abort, whatever else happens. */
  sleep(ms: number): Promise<void>;
  release(): void;
}

export function createWakeUp(signal: AbortSignal): WakeUp {
  let woken = false;
  let onWake: (() => void) | undefined;
  let onAbort: (() => void) | undefined;
  const aborted = (): void => {
    onWake?.();
    onAbort?.();
  };
  signal.addEventListener('abort', aborted, { once: true });
  return {
    wake() {
      woken = true;
      onWake?.();
    },
    async wait(ms) {
      if (!woken && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          onWake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      onWake = undefined;
      woken = false;
    },
    async sleep(ms) {
      if (!signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          onAbort = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      onAbort = undefined;
    },
    release() {
      signal.removeEventListener('abort', aborted);
    },
  };
}
