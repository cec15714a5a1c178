/** Keys that a KMS has sealed, against a KMS on loopback. */
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILD_TIMEOUT_MS } from '../embedded/testing/go-program.js';
import { createAwsKms } from './aws-kms.js';
import { createDeploymentKeys } from './deployment-keys.js';
import { missingKms, startKms, type KmsServer } from './testing/start-kms.js';

const missing = await missingKms();
if (missing !== null) console.error(missing);

describe.skipIf(missing !== null)('with a KMS', () => {
  let kms: KmsServer;
  let arn: string;
  beforeAll(async () => {
    kms = await startKms();
    arn = await kms.createKey();
  }, BUILD_TIMEOUT_MS);
  afterAll(() => kms.release());

  const contextOf = (id: string) => ({ 'perdure-key': id });
  const by = (key: string) => createAwsKms({ arn: key, ...kms.options });

  test('what one process has sealed another opens, and neither is told more than the sealed key', async () => {
    const { secret, wrapped } = await kms.dataKey(arn, contextOf('k1'));
    const keys = [{ id: 'k1', secret: wrapped }];
    const sealed = (await createDeploymentKeys(keys, by(arn)).current(null)).seal(Buffer.from('goal'), 'x');
    const other = await createDeploymentKeys(keys, by(arn)).find('k1');
    expect(Buffer.from(other.open(sealed, 'x')).toString()).toBe('goal');
    // The same key in the clear opens it, too: leaving KMS needs no other data.
    const plain = await createDeploymentKeys([{ id: 'k1', secret }]).find('k1');
    expect(Buffer.from(plain.open(sealed, 'x')).toString()).toBe('goal');
  });

  test('a key is asked for once, and former ones when they are needed', async () => {
    const [first, second] = [
      await kms.dataKey(arn, contextOf('k2')),
      await kms.dataKey(arn, contextOf('k1')),
    ];
    const asked: string[] = [];
    const unwrapper = by(arn);
    const ring = createDeploymentKeys(
      [
        { id: 'k2', secret: first.wrapped },
        { id: 'k1', secret: second.wrapped },
      ],
      {
        unwrap: (id, wrapped) => {
          asked.push(id);
          return unwrapper.unwrap(id, wrapped);
        },
      },
    );
    await Promise.all(Array.from({ length: 20 }, () => ring.current(null)));
    expect(asked).toEqual(['k2']);
    await ring.find('k1');
    await ring.find('k1');
    expect(asked).toEqual(['k2', 'k1']);
  });

  test.each<[string, () => Promise<{ id: string; wrapped: Uint8Array; key: string }>]>([
    [
      'another name than it was sealed for',
      async () => ({ id: 'k2', wrapped: (await kms.dataKey(arn, contextOf('k1'))).wrapped, key: arn }),
    ],
    [
      'another key of KMS than the one of the settings',
      async () => ({
        id: 'k1',
        wrapped: (await kms.dataKey(await kms.createKey(), contextOf('k1'))).wrapped,
        key: arn,
      }),
    ],
    [
      'a ciphertext that was changed',
      async () => {
        const { wrapped } = await kms.dataKey(arn, contextOf('k1'));
        return {
          id: 'k1',
          wrapped: Uint8Array.from(wrapped, (byte, i) => (i === 90 ? byte ^ 1 : byte)),
          key: arn,
        };
      },
    ],
    [
      'a key of KMS that is not there',
      async () => ({
        id: 'k1',
        wrapped: (await kms.dataKey(arn, contextOf('k1'))).wrapped,
        key: arn.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000'),
      }),
    ],
  ])('%s opens nothing, and no waiting helps', async (_, given) => {
    const { id, wrapped, key } = await given();
    const ring = createDeploymentKeys([{ id, secret: wrapped }], by(key));
    await expect(ring.current(null)).rejects.toMatchObject({
      code: 'encryption_key_missing',
      retryable: false,
    });
  });

  test('a key that is disabled opens for nobody who comes later; enabled, it opens again', async () => {
    const key = await kms.createKey();
    const { wrapped } = await kms.dataKey(key, contextOf('k1'));
    const keys = [{ id: 'k1', secret: wrapped }];
    const before = createDeploymentKeys(keys, by(key));
    await before.current(null);
    await kms.client.send(new DisableKeyCommand({ KeyId: key }));
    const later = createDeploymentKeys(keys, by(key));
    await expect(later.current(null)).rejects.toMatchObject({ code: 'encryption_key_missing' });
    await expect(before.current(null)).resolves.toMatchObject({ id: 'k1' });
    await kms.client.send(new EnableKeyCommand({ KeyId: key }));
    await expect(later.current(null)).resolves.toMatchObject({ id: 'k1' });
  });

  test('a KMS that is away is waited for', async () => {
    const { wrapped } = await kms.dataKey(arn, contextOf('k1'));
    const away = createAwsKms({ arn, ...kms.options, endpoint: 'http://127.0.0.1:1' });
    await expect(away.unwrap('k1', wrapped)).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
    });
  });
});
