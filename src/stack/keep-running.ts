/** A server that is started again, at the same address, when it ends without being asked to. */
import type { Logger } from '../ports/logger.js';

/** A process that the stack stands on. */
interface Server {
  /** Settles when it has ended, asked or not; never rejects. */
  exited: Promise<{ code: number | null; signal: string | null }>;
  release(): Promise<void>;
}

export interface KeptServer {
  /** Settles when the server cannot be kept running, with a sentence for people. */
  lost: Promise<string>;
  release(): Promise<void>;
}

/** A server that ends this often within a minute has a reason that no further start mends. */
const MOST_STARTS = 3;
const WINDOW_MS = 60_000;

/**
 * @param first the server as it runs
 * @param startAgain brings it back; a failure of this ends the keeping
 */
export function keepRunning(
  name: string,
  first: Server,
  startAgain: () => Promise<Server>,
  logger: Logger,
): KeptServer {
  let current = first;
  let released = false;
  const isReleased = (): boolean => released;
  // Until the start under way has settled, there would be nothing to release.
  let settled: Promise<unknown> = Promise.resolve();

  const watch = async (): Promise<string> => {
    for (let starts: number[] = []; ;) {
      const { code, signal } = await current.exited;
      // Nobody waits for this any more.
      if (isReleased()) return `${name} was stopped`;
      const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
      starts = [...starts, Date.now()].filter((at) => at > Date.now() - WINDOW_MS);
      if (starts.length > MOST_STARTS)
        return `${name} ended by itself (${how}), ${starts.length} times within a minute`;
      logger.error({ server: name, code, signal }, `${name} ended by itself (${how}) and is started again`);
      const starting = startAgain();
      settled = starting.catch(() => undefined);
      try {
        current = await starting;
        logger.warn({ server: name }, `${name} runs again`);
      } catch (error) {
        // Whoever tells it ends the sentence.
        const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
        return `${name} ended by itself (${how}) and could not be started again: ${why}`;
      }
    }
  };

  return {
    lost: watch(),
    async release() {
      released = true;
      await settled;
      await current.release();
    },
  };
}
