/** Where files are, when not on the local disk. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface S3Config {
  /** Null for AWS's own. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly bucket: string;
  /** Before every key, without a slash at its end; may be empty. */
  readonly prefix: string;
  readonly pathStyle: boolean;
  /** Null to leave it to the SDK's own chain (instance roles and the like). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

/** @returns null for the local disk */
export function s3Of(e: Environment): S3Config | null {
  if (e.S3_BUCKET === undefined) {
    if (e.S3_ENDPOINT !== undefined) throw new ConfigError('S3_BUCKET must be set with S3_ENDPOINT');
    return null;
  }
  const [accessKeyId, secretAccessKey] = [e.S3_ACCESS_KEY_ID, e.S3_SECRET_ACCESS_KEY];
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set together');
  return Object.freeze({
    endpoint: e.S3_ENDPOINT ?? null,
    region: e.S3_REGION,
    bucket: e.S3_BUCKET,
    prefix: e.S3_PREFIX.replaceAll(/^\/+|\/+$/g, ''),
    // Endpoints of others than AWS seldom have a name for each bucket.
    pathStyle: e.S3_PATH_STYLE === undefined ? e.S3_ENDPOINT !== undefined : e.S3_PATH_STYLE === 'true',
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey },
  });
}
