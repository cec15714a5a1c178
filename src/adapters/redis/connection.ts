/** A connection to Redis that comes back for ever, queues nothing while it is away, and notices silence. */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../../ports/logger.js';
import { failureWords } from './failure-words.js';
import { createOutage, type Outage } from './outage.js';

export interface RedisAddress {
  /** `redis://` or `rediss://`; user and password are URL-encoded. A database number says nothing: there are no keys. */
  readonly url: string;
  /** The authority of the server's certificate, as PEM, in place of the system's; null for those. */
  readonly caFile: string | null;
}

/** Milliseconds. */
export interface RedisTimes {
  /** Between two PINGs. */
  readonly pingMs: number;
  /** How long an answer may take before the connection counts as broken. */
  readonly answerMs: number;
  /** The longest wait between two attempts to connect. */
  readonly maxReconnectMs: number;
}

const defaultTimes: RedisTimes = { pingMs: 5_000, answerMs: 5_000, maxReconnectMs: 10_000 };

export interface Connection {
  readonly client: Redis;
  readonly outage: Outage;
  close(): void;
}

export interface ConnectionOptions extends RedisAddress {
  readonly name: 'publisher' | 'subscriber';
  readonly logger: Logger;
  readonly times?: Partial<RedisTimes> | undefined;
  /** Signed in. Says itself when the outage has ended. */
  readonly onReady: () => void;
  readonly onAway: () => void;
}

/** @throws Error when the CA file cannot be read: that is a setting, not an outage */
export function openConnection(options: ConnectionOptions): Connection {
  const times = { ...defaultTimes, ...options.times };
  const logger = options.logger.child({ component: 'redis', connection: options.name });
  const outage = createOutage(logger, 'Redis has not answered yet');
  const client = new Redis(optionsOf(options, times));
  let lastError: unknown;
  let pings: NodeJS.Timeout | undefined;

  client.on('error', (error: unknown) => {
    lastError = error;
  });
  client.on('ready', () => {
    lastError = undefined;
    pings = setInterval(ping, times.pingMs);
    options.onReady();
  });
  client.on('close', () => {
    clearInterval(pings);
    outage.begin(failureWords(lastError), lastError);
    options.onAway();
  });

  // A cable that is cut says nothing: only an answer that does not come tells.
  const ping = (): void => {
    const epoch = client.stream;
    const late = setTimeout(() => {
      if (client.stream !== epoch) return;
      lastError = Object.assign(new Error(`no answer within ${times.answerMs} ms`), { code: 'ETIMEDOUT' });
      // Not an orderly end: that would wait for the other side's.
      client.stream.destroy();
    }, times.answerMs);
    client
      .ping()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(late);
      });
  };

  return {
    client,
    outage,
    close() {
      clearInterval(pings);
      client.removeAllListeners('close');
      client.disconnect();
    },
  };
}

function optionsOf(
  { url, caFile }: RedisAddress,
  times: RedisTimes,
): RedisOptions & { replyMapping: 'legacy' } {
  const { protocol, hostname, port, username, password } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: tlsOf(host, caFile) } : {}),
    connectTimeout: times.answerMs,
    disconnectTimeout: 1_000,
    retryStrategy: (attempt) => {
      const wait = Math.min(100 * 2 ** Math.min(attempt, 16), times.maxReconnectMs);
      // Spread, so that a Redis that comes back does not meet every process at once.
      return wait * (0.75 + Math.random() / 4);
    },
    // What cannot be sent now is worth nothing later: the log has it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    // Both need commands that this user has no need of (INFO, CLIENT).
    enableReadyCheck: false,
    disableClientInfo: true,
    replyMapping: 'legacy',
  };
}

function tlsOf(host: string, caFile: string | null): NonNullable<RedisOptions['tls']> {
  // A server name may not be an address (RFC 6066, 3); the certificate is checked against the address then.
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  if (caFile === null) return servername;
  try {
    return { ...servername, ca: readFileSync(caFile) };
  } catch (error) {
    throw new Error(
      `REDIS_CA_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
