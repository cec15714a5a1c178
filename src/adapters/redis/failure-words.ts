/** What a failed connection or command means, in words for people: no address, no user, no password. */

const refusals: [pattern: RegExp, words: string][] = [
  [/WRONGPASS|invalid username-password/i, 'Redis refuses the user or the password of REDIS_URL'],
  [/NOAUTH/i, 'Redis wants a password, and REDIS_URL has none'],
  [/NOPERM/i, 'Redis does not let this user publish or subscribe; docs/operating.md has the ACL it needs'],
  [/LOADING|MASTERDOWN/i, 'Redis is starting'],
  [/max number of clients|max clients/i, 'Redis has as many clients as it takes'],
];

const codes: Record<string, string> = {
  ECONNREFUSED: 'Redis refuses the connection: nothing listens at the address of REDIS_URL',
  ENOTFOUND: 'the host of REDIS_URL is not known',
  EAI_AGAIN: 'the host of REDIS_URL cannot be looked up at present',
  ETIMEDOUT: 'Redis does not answer',
  EHOSTUNREACH: 'the host of REDIS_URL cannot be reached',
  ENETUNREACH: 'the host of REDIS_URL cannot be reached',
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate of Redis is for another host than REDIS_URL's",
  CERT_HAS_EXPIRED: 'the certificate of Redis has expired',
  ERR_SSL_WRONG_VERSION_NUMBER: 'Redis does not speak TLS at that port; redis:// is without it',
};
const untrusted = /SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|CERT_(?:UNTRUSTED|SIGNATURE)|DEPTH_ZERO/;

const UNTRUSTED =
  'the certificate of Redis is not from an authority that is known here; REDIS_CA_FILE names another';

export function failureWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  const known = codes[code] ?? refusals.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  return untrusted.test(code) ? UNTRUSTED : 'the connection to Redis broke';
}

const lastingCodes = ['ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'ERR_SSL_WRONG_VERSION_NUMBER'];
const lastingWords: ReadonlySet<string> = new Set([
  ...['WRONGPASS', 'NOAUTH', 'NOPERM'].map((message) => failureWords(new Error(message))),
  ...lastingCodes.map((code) => codes[code] ?? ''),
  UNTRUSTED,
]);

/** Whether waiting changes nothing about what these words tell of. */
export const isLasting = (words: string): boolean => lastingWords.has(words);
