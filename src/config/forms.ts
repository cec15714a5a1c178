/** What the values of variables may look like, and what is made of them. */
import { isIP } from 'node:net';
import { z } from 'zod';

export const port = z
  .string()
  .regex(/^\d+$/, 'must be a port number')
  .transform(Number)
  .refine((n) => n <= 65_535, 'must be a port number from 0 to 65535');

export const address = (schemes: RegExp, what: string) =>
  z.url({ protocol: schemes, error: `must be ${what}` }).transform((url) => url.replace(/\/+$/, ''));
export const http = address(/^https?$/, 'an http(s) address');

export const count = (what: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,14}$/, `must be ${what}`)
    .transform(Number)
    .optional();

export const list = (s: string): string[] =>
  s
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** As a URL has them: IPv6 in brackets. */
export const hosts = z
  .string()
  .default('')
  .transform((s) => list(s).map((host) => host.toLowerCase()));

export const origins = z
  .string()
  .transform(list)
  .refine(
    (all) => all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins such as https://app.example.com, separated by commas, without a path',
  );

const proxyNames = ['loopback', 'linklocal', 'uniquelocal'];
export const proxies = z
  .string()
  .transform(list)
  .refine(
    (all) => all.every((item) => proxyNames.includes(item) || isAddressRange(item)),
    'must be addresses, ranges such as 10.0.0.0/8, loopback, linklocal or uniquelocal, separated by commas',
  );

export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  // A range of everything would trust whoever calls.
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** As OpenTelemetry writes them: name=value, percent-encoded, with commas between. */
export const pairs = z
  .string()
  .default('')
  .refine((s) => list(s).every((item) => /^[^=\s]+=[^\s]*$/.test(item) && isDecodable(item)), {
    message: 'must be name=value, or several of them separated by commas',
  })
  .transform((s) =>
    Object.fromEntries(
      list(s).map((item) => item.split(/=(.*)/s).slice(0, 2).map(decodeURIComponent) as [string, string]),
    ),
  );

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

export const flag = z
  .string()
  .default('false')
  .refine((s) => /^(?:true|false)$/i.test(s), 'must be true or false')
  .transform((s) => s.toLowerCase() === 'true');

/** Of Supabase: `sb_secret_...`, or a JWT whose role is service_role. */
export function isSecretKey(key: string): boolean {
  if (key.startsWith('sb_secret_')) return true;
  const claims = Buffer.from(key.split('.')[1] ?? '', 'base64url').toString('utf8');
  return /"role"\s*:\s*"service_role"/.test(claims);
}

export const models = z
  .string()
  .transform(list)
  .refine(
    (names) => names.length > 0 && names.every((name) => /^[a-z][a-z0-9-]*:\S+$/.test(name)),
    'must be provider:model, or several of them separated by commas',
  )
  .optional();

export const text = (name: string) => z.string().min(1, `must be ${name}`);
