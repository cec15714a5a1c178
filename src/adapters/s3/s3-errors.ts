/** What the S3 SDK throws, as errors of our table: terminal where only a person can help, and naming what to look at. */
import { PerdureError } from '../../../contracts/errors.js';

interface Thrown {
  name: string;
  message: string;
  status: number | undefined;
  attempts: number;
}

/** Null for what neither the SDK nor the network has thrown. */
export function asS3Error(error: unknown): Thrown | null {
  if (!(error instanceof Error)) return null;
  const { $metadata: metadata, code } = error as {
    $metadata?: { httpStatusCode?: number; attempts?: number };
    code?: unknown;
  };
  const isOurs =
    metadata !== undefined || OURS.has(error.name) || 'syscall' in error || code === 'ECONNRESET';
  if (!isOurs) return null;
  return {
    name: error.name === 'Error' && typeof code === 'string' ? code : error.name,
    message: error.message,
    status: metadata?.httpStatusCode,
    attempts: metadata?.attempts ?? 1,
  };
}

/** Thrown before a request is sent, or by the reading of its answer. */
const OURS = new Set(['TimeoutError', 'AbortError', 'CredentialsProviderError']);

export const isMissing = (error: unknown): boolean => {
  const thrown = asS3Error(error);
  return thrown !== null && (thrown.name === 'NoSuchKey' || thrown.name === 'NotFound' || onFile(thrown));
};

/** What servers over a file system say where AWS would keep an object `a` beside `a/b`. */
const onFile = ({ name }: Thrown): boolean =>
  name === 'ObjectParentIsFile' || name === 'ExistingObjectIsDirectory';

/** What only a person can set right, by the name that S3 gives it. */
const refusals: Readonly<Record<string, string>> = {
  NoSuchBucket: 'there is no such bucket; see S3_BUCKET, S3_ENDPOINT and S3_REGION',
  InvalidAccessKeyId: 'the access key is not known there; see S3_ACCESS_KEY_ID',
  // versitygw's word for it.
  XAdminUserNotFound: 'the access key is not known there; see S3_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret key does not fit the access key; see S3_SECRET_ACCESS_KEY',
  AuthorizationHeaderMalformed: 'the bucket is in another region; see S3_REGION',
  PermanentRedirect: 'the bucket is at another address; see S3_REGION and S3_ENDPOINT',
  CredentialsProviderError:
    'there are no credentials; see S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or the role of this machine',
  AccountProblem: 'the account is barred; see S3_ACCESS_KEY_ID',
};
const DENIED =
  'the key may not do this; see the policy of S3_ACCESS_KEY_ID and of S3_BUCKET, and S3_SECRET_ACCESS_KEY';

/** @returns the error itself when S3 has no part in it */
export function toPerdureError(error: unknown, bucket: string, file?: string): unknown {
  if (error instanceof PerdureError) return error;
  const thrown = asS3Error(error);
  if (thrown === null) return error;
  const { name, status } = thrown;
  const refusal =
    refusals[name] ?? (name === 'AccessDenied' || name === '403' || status === 403 ? DENIED : undefined);
  // Keys that expire come anew by themselves, and clocks are set right.
  const passes = name === 'ExpiredToken' || name === 'RequestTimeTooSkewed';
  if (refusal !== undefined && !passes)
    return new PerdureError('workspace_refused', `S3, bucket ${bucket}: ${refusal} (${name})`, {
      cause: error,
    });
  const path = JSON.stringify(file ?? '');
  if (name === 'KeyTooLongError')
    return new PerdureError('invalid_path', `the path ${path} is too long for S3`, { cause: error });
  if (onFile(thrown))
    return new PerdureError('invalid_path', `${path} would be a file and a folder at once`, { cause: error });
  const where = name === 'ENOTFOUND' || name === 'ECONNREFUSED' ? '; see S3_ENDPOINT' : '';
  return new PerdureError('workspace_unavailable', `S3 failed: ${name}: ${thrown.message}${where}`, {
    cause: error,
  });
}
