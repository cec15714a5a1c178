/** The life of a process that serves: it starts, runs until it is asked to end or lost something, and drains. */
import closeWithGrace from 'close-with-grace';

export interface Running {
  /** Settles when what the process stands on is gone for good, with a sentence that says why. */
  lost: Promise<string>;
  release(): Promise<void>;
}

/** How the process tells of its life: to a person at a terminal, or as lines of a log. */
export interface LifeWords<Started> {
  started(running: Started): void;
  lost(sentence: string, running: Started): void;
  stopping(): void;
  stopped(): void;
  fault(error: unknown): void;
  /** Not everything had ended in time. */
  left(seconds: number): void;
}

/** A process that has met one of these is not to be trusted with a drain; caught, it may spin for ever. */
const faults = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

/**
 * Ends the process: with 0 when it was asked to end and did, with 1 when something was lost, a drain took too long or
 * a second signal came.
 *
 * @param start heeds the signal: a start that is under way ends at its next step and closes what it has opened
 * @param drainMs what the whole drain may take
 * @throws what the start throws
 */
export async function runProcess<Started extends Running>(
  start: (signal: AbortSignal) => Promise<Started>,
  words: LifeWords<Started>,
  drainMs: number,
): Promise<void> {
  const interrupted = new AbortController();
  const starting = start(interrupted.signal);
  // A terminal that is closed, or a pipe whose reader has gone, must not end the drain half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const onTimeout = (): void => {
    words.left(drainMs / 1_000);
  };
  const stop = closeWithGrace(
    { delay: drainMs, logger: false, onTimeout, skip: [...faults] },
    async ({ err, signal }) => {
      if (err !== undefined) words.fault(err);
      if (signal !== undefined) words.stopping();
      interrupted.abort();
      const running = await starting.catch(() => undefined);
      await running?.release();
      words.stopped();
      // Nobody asked for this end: what is thrown here becomes exit code 1.
      if (err === undefined && signal === undefined) throw new Error('something was lost');
    },
  );
  let running: Started;
  try {
    running = await starting;
  } catch (error) {
    // Interrupted, the handler above has the last word.
    if (interrupted.signal.aborted) return;
    stop.uninstall();
    throw error;
  }
  words.started(running);
  const sentence = await running.lost;
  if (interrupted.signal.aborted) return;
  words.lost(sentence, running);
  stop.close();
}
