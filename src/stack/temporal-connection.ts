/** How a Temporal is connected to, for clients and for workers. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { attemptFailed } from '../adapters/temporal/unavailable.js';
import { ConfigError, type Config } from '../config/env.js';

export type TemporalSecurity = Pick<ConnectionOptions, 'tls'> & { apiKey?: string };

/** @throws ConfigError for a file that cannot be read */
export async function temporalSecurity({
  temporalTls,
  temporalApiKey,
}: Pick<Config, 'temporalTls' | 'temporalApiKey'>): Promise<TemporalSecurity> {
  const key = temporalApiKey === null ? {} : { apiKey: temporalApiKey };
  if (temporalTls === null) return key;
  const { caFile, client, serverName } = temporalTls;
  const tls = {
    ...(caFile === null ? {} : { serverRootCACertificate: await read('TEMPORAL_TLS_CA_FILE', caFile) }),
    ...(client === null
      ? {}
      : {
          clientCertPair: {
            crt: await read('TEMPORAL_TLS_CERT_FILE', client.certFile),
            key: await read('TEMPORAL_TLS_KEY_FILE', client.keyFile),
          },
        }),
    ...(serverName === null ? {} : { serverNameOverride: serverName }),
  };
  return { ...key, tls: Object.keys(tls).length === 0 ? true : tls };
}

/** Milliseconds between two attempts of a call at most; its deadline ends them (unavailable.ts). */
const LONGEST_RETRY_MS = 2_000;

/** Connects with its first call: a Temporal that is away at the start is met as one that goes away later. */
export function connectTemporal(address: string, security: TemporalSecurity): Connection {
  const usual = defaultGrpcRetryOptions();
  let closing = false;
  let lastRetryAt = 0;
  const retry = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !closing && usual.retryableDecider(attempt, status),
    delayFunction(attempt, status) {
      attemptFailed(connection, status.details);
      const ms = Math.min(usual.delayFunction(attempt, status), LONGEST_RETRY_MS);
      lastRetryAt = Math.max(lastRetryAt, Date.now() + ms);
      return ms;
    },
  });
  const connection = Connection.lazy({ address, ...security, interceptors: [retry] });
  const close = connection.close.bind(connection);
  // The SDK's timer for the next attempt would throw on a closed connection, where nobody can catch it.
  connection.close = async () => {
    closing = true;
    for (let left = lastRetryAt - Date.now(); left >= 0; left = lastRetryAt - Date.now())
      await delay(left + 10);
    await close();
  };
  return connection;
}

async function read(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ConfigError(
      `${variable} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
