/** A real KMS for tests: local-kms, which seals and opens as AWS's does, on a port of its own. */
import path from 'node:path';
import { CreateKeyCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { claimPort } from '../../embedded/free-port.js';
import { testDirectory } from '../../embedded/testing/backends.js';
import { goProgram } from '../../embedded/testing/go-program.js';
import { spawnListening } from '../../embedded/testing/spawn-listening.js';

const credentials = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key' };
const region = 'eu-west-2';

export interface KmsServer {
  readonly options: { region: string; endpoint: string; credentials: typeof credentials };
  /** @returns its ARN */
  createKey(): Promise<string>;
  /** A key of 32 bytes, in the clear and sealed. */
  dataKey(arn: string, context: Record<string, string>): Promise<{ secret: Uint8Array; wrapped: Uint8Array }>;
  client: KMSClient;
  release(): Promise<void>;
}

const program = () =>
  goProgram({
    package: 'github.com/nsmithuk/local-kms',
    version: '0.0.0-20260228092603-2a5e92d09ab6',
    isMute: true,
  });

/** @returns why there is none; null when there is one */
export async function missingKms(): Promise<string | null> {
  const found = await program();
  return 'problem' in found ? `local-kms could not be had: ${found.problem}` : null;
}

export async function startKms(): Promise<KmsServer> {
  const found = await program();
  if ('problem' in found) throw new Error(found.problem);
  const place = await testDirectory();
  const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
  const child = await spawnListening(
    {
      command: found.file,
      args: [],
      env: { PORT: String(port), KMS_DATA_PATH: place.directory, KMS_REGION: region },
      logFile: path.join(place.directory, 'kms.log'),
      graceSeconds: 1,
    },
    port,
  );
  const options = { region, endpoint: `http://127.0.0.1:${port}`, credentials };
  const client = new KMSClient(options);
  return {
    options,
    client,
    async createKey() {
      const { KeyMetadata: key } = await client.send(new CreateKeyCommand({}));
      if (key?.Arn === undefined) throw new Error('a key has an ARN');
      return key.Arn;
    },
    async dataKey(KeyId, EncryptionContext) {
      const { Plaintext: secret, CiphertextBlob: wrapped } = await client.send(
        new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }),
      );
      if (secret === undefined || wrapped === undefined) throw new Error('a data key has both');
      return { secret, wrapped };
    },
    async release() {
      client.destroy();
      await child.stop();
      await place.remove();
    },
  };
}
