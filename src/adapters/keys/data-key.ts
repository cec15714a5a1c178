/**
 * AES-256-GCM under a key of its own for each text, made from the data key and 16 random bytes. With the data key
 * itself, random nonces of 12 bytes would meet after some 2^32 texts (NIST SP 800-38D, 8.3).
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { DataKey } from '../../ports/key-ring.js';

const SALT = 16;
const NONCE = 12;
const TAG = 16;
const CIPHER = 'aes-256-gcm';

/** @param secret 32 bytes */
export function createDataKey(id: string, secret: Uint8Array, tenantId: string | null): DataKey {
  const keyOf = (head: Uint8Array): Buffer =>
    createHmac('sha256', secret).update('perdure seal 1').update(head.subarray(0, SALT)).digest();
  const beside = (about: string): Buffer => Buffer.from(`${about}\0${id}`);
  return {
    id,
    tenantId,
    seal(plain, about) {
      const head = randomBytes(SALT + NONCE);
      const cipher = createCipheriv(CIPHER, keyOf(head), head.subarray(SALT));
      cipher.setAAD(beside(about));
      return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, about) {
      if (sealed.length < SALT + NONCE + TAG) throw new Error('what was sealed is cut off');
      const head = sealed.subarray(0, SALT + NONCE);
      const decipher = createDecipheriv(CIPHER, keyOf(head), head.subarray(SALT), { authTagLength: TAG });
      decipher.setAAD(beside(about));
      decipher.setAuthTag(sealed.subarray(-TAG));
      return Buffer.concat([decipher.update(sealed.subarray(head.length, -TAG)), decipher.final()]);
    },
  };
}
