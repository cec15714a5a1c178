/** Logger on pino: JSON lines, secrets blanked. */
import pino from 'pino';
import type { Config } from '../../config/env.js';
import type { Logger } from '../../ports/logger.js';

/** One destination, and the least level that goes there. */
export interface LogDestination {
  level: Config['logLevel'];
  stream: NodeJS.WritableStream;
}

/** @param more what every line says at its time, as which span it is of */
export function createLogger(
  destinations: readonly LogDestination[],
  more?: () => object | undefined,
): Logger {
  const streams = destinations.flatMap(({ level, stream }) =>
    level === 'silent' ? [] : [{ level, stream }],
  );
  return pino(
    {
      level: streams.length === 0 ? 'silent' : 'debug',
      base: null,
      ...(more === undefined ? {} : { mixin: () => more() ?? {} }),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ['*.authorization', '*.password', '*.cookie', '*["idempotency-key"]'],
        censor: '[redacted]',
      },
    },
    pino.multistream(streams),
  );
}
