/** Who may open payloads: whoever brings the token, or a cookie that was given for it. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export interface CodecSignIn {
  isToken(given: string): boolean;
  knows(authorization: string | undefined, cookie: string | undefined): boolean;
  /** A Set-Cookie header. */
  newCookie(): string;
}

const NAME = 'perdure_codec';
const LIFE_SECONDS = 8 * 3_600;

export function createCodecSignIn(token: string, now: () => number = Date.now): CodecSignIn {
  const mac = (until: string): string =>
    createHmac('sha256', token).update(`perdure codec cookie ${until}`).digest('base64url');
  const isToken = (given: string): boolean => same(given, token);
  return {
    isToken,
    newCookie() {
      const until = String(Math.floor(now() / 1_000) + LIFE_SECONDS);
      // The Web UI is another site: without SameSite=None it would come along with none of its calls.
      return `${NAME}=${until}.${mac(until)}; Max-Age=${LIFE_SECONDS}; Path=/; HttpOnly; Secure; SameSite=None`;
    },
    knows(authorization, cookie) {
      const bearer = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
      if (bearer !== undefined) return isToken(bearer);
      const given = (cookie ?? '').split(/; */).find((pair) => pair.startsWith(`${NAME}=`));
      const [until = '', proof = ''] = given?.slice(NAME.length + 1).split('.') ?? [];
      return /^\d{10}$/.test(until) && Number(until) > now() / 1_000 && same(proof, mac(until));
    },
  };
}

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
