/** The form of an API key: pdk_<how its id begins>_<secret><check>, in hexadecimal digits. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';

export interface ApiKeyToken {
  /** Names the key; no secret. */
  id: string;
  /** All of it: shown once, stored nowhere. */
  token: string;
  hash: string;
  /** How it begins, for people to recognise it by. */
  prefix: string;
}

/** 256 bits of chance, for which a quick hash is enough. */
const SECRET_BYTES = 32;
const form = /^(pdk_[0-9a-f]{12}_[0-9a-f]{64})([0-9a-f]{6})$/;

export function newApiKeyToken(): ApiKeyToken {
  const id = randomUUID();
  const prefix = `pdk_${id.replaceAll('-', '').slice(0, 12)}`;
  const body = `${prefix}_${randomBytes(SECRET_BYTES).toString('hex')}`;
  const token = body + checkOf(body);
  return { id, token, hash: sha256(token), prefix };
}

export const looksLikeApiKey = (text: string): boolean => text.startsWith('pdk_');

/** Null for what was never a key: mistyped, cut off or made up. No database need be asked. */
export function hashOfApiKey(token: string): string | null {
  const [, body, check] = form.exec(token) ?? [];
  return body !== undefined && check === checkOf(body) ? sha256(token) : null;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const checkOf = (body: string): string => sha256(body).slice(0, 6);
