/** How the connection to Temporal is kept from others. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

/** Files of PEM; null for what the system trusts, no client certificate, and the address's own name. */
export interface TemporalTls {
  readonly caFile: string | null;
  readonly client: { readonly certFile: string; readonly keyFile: string } | null;
  readonly serverName: string | null;
}

/** @returns null for a connection in the clear */
export function temporalTlsOf(e: Environment): TemporalTls | null {
  const [certFile, keyFile] = [e.TEMPORAL_TLS_CERT_FILE, e.TEMPORAL_TLS_KEY_FILE];
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError('TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE must be set together');
  const needing = (
    [
      'TEMPORAL_API_KEY',
      'TEMPORAL_TLS_CA_FILE',
      'TEMPORAL_TLS_CERT_FILE',
      'TEMPORAL_TLS_SERVER_NAME',
    ] as const
  ).find((name) => e[name] !== undefined);
  if (e.TEMPORAL_TLS === 'false' && needing !== undefined)
    throw new ConfigError(`TEMPORAL_TLS is false, but ${needing} needs TLS`);
  if (e.TEMPORAL_TLS !== 'true' && needing === undefined) return null;
  if (e.TEMPORAL_ADDRESS === undefined)
    throw new ConfigError(`TEMPORAL_ADDRESS must be set with ${needing ?? 'TEMPORAL_TLS'}`);
  return Object.freeze({
    caFile: e.TEMPORAL_TLS_CA_FILE ?? null,
    client: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    serverName: e.TEMPORAL_TLS_SERVER_NAME ?? null,
  });
}
