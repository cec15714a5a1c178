/** How a Temporal is connected to, for clients and for workers. */
import { readFile } from 'node:fs/promises';
import { Connection, type ConnectionOptions } from '@temporalio/client';
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

/** Connects with its first call: a Temporal that is away at the start is met as one that goes away later. */
export const connectTemporal = (address: string, security: TemporalSecurity): Connection =>
  Connection.lazy({ address, ...security });

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
