/** Keys that AWS KMS has sealed, each for its name: it opens none of them under another's. */
import { DecryptCommand, KMSClient, KMSServiceException } from '@aws-sdk/client-kms';
import { PerdureError } from '../../../contracts/errors.js';
import type { KeyUnwrapper } from '../../ports/key-unwrapper.js';

/** Of the encryption context, which stands in AWS's own log of who has opened what. */
const CONTEXT = 'perdure-key';
const TRIES = 3;
const TIMEOUT_MS = 5_000;

export interface AwsKmsOptions {
  /** The key of KMS, by its ARN. */
  readonly arn: string;
  readonly region: string;
  /** The SDK's own chain finds them unless given, as it finds another address. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoint?: string;
}

export function createAwsKms({ arn, ...client }: AwsKmsOptions): KeyUnwrapper {
  return {
    async unwrap(id, wrapped) {
      // One call a key and process: a connection that is kept would be kept for nothing.
      const kms = new KMSClient({
        ...client,
        maxAttempts: TRIES,
        requestHandler: {
          connectionTimeout: TIMEOUT_MS,
          requestTimeout: TIMEOUT_MS,
          throwOnRequestTimeout: true,
        },
      });
      try {
        const { Plaintext: secret } = await kms.send(
          new DecryptCommand({ KeyId: arn, CiphertextBlob: wrapped, EncryptionContext: { [CONTEXT]: id } }),
        );
        if (secret === undefined) throw new Error('KMS has answered without a key');
        return secret;
      } catch (error) {
        throw toPerdureError(error, id, arn);
      } finally {
        kms.destroy();
      }
    },
  };
}

function toPerdureError(error: unknown, id: string, arn: string): PerdureError {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const about = `the key ${JSON.stringify(id)} of PERDURE_ENCRYPTION_KEYS, by KMS ${arn}: ${words}`;
  // Its faults and its throttling pass; of what it refuses, only a person can change the reason.
  const isRefusal =
    error instanceof KMSServiceException && error.$fault === 'client' && error.$retryable === undefined;
  return new PerdureError(isRefusal ? 'encryption_key_missing' : 'store_unavailable', about, {
    cause: error,
  });
}
