/** The runtime of Temporal's SDK, of which a process has one: its words go to our log, its metrics to ours. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { claimPort } from '../adapters/embedded/free-port.js';
import type { Logger } from '../ports/logger.js';

/** Milliseconds that the native half gets to tell its metrics. */
const ASK_MS = 2_000;

/** Where the native half tells its metrics, on loopback; null where it does not, undefined before it is installed. */
let metricsAddress: string | null | undefined;

export async function installRuntime(
  logger: Logger,
  { debug, measured }: { debug: boolean; measured: boolean },
): Promise<void> {
  if (metricsAddress !== undefined) return;
  metricsAddress = null;
  if (measured) metricsAddress = `127.0.0.1:${await claimPort('127.0.0.1', 0, 'the port of metrics', '')}`;
  const sdk = logger.child({ component: 'temporal-sdk' });
  const levels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'warn' } as const;
  Runtime.install({
    // Signals are the process's business: it drains in an order of its own.
    shutdownSignals: [],
    workerHeartbeatInterval: '5s',
    logger: new DefaultLogger(debug ? 'DEBUG' : 'INFO', ({ level, message, meta }) => {
      sdk[levels[level]]({ ...meta }, message);
    }),
    telemetryOptions: {
      // The native half has the polls: what each was answered is told to whoever asks for so much.
      logging: { forward: {}, filter: { core: debug ? 'DEBUG' : 'INFO', other: 'WARN' } },
      ...(metricsAddress === null
        ? {}
        : {
            metrics: {
              attachServiceName: false,
              prometheus: {
                bindAddress: metricsAddress,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
              },
            },
          }),
    },
  });
}

/** Slots, cache, latencies and calls of this process's worker; empty where they are not measured. Never throws. */
export async function sdkMetrics(): Promise<string> {
  if (typeof metricsAddress !== 'string') return '';
  try {
    const answer = await fetch(`http://${metricsAddress}/metrics`, { signal: AbortSignal.timeout(ASK_MS) });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
}
