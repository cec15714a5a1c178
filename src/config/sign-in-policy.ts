/** Whether callers must sign in: always, but for one person at their own machine. */
import { ConfigError, type Config } from './env.js';

type PolicySettings = Pick<Config, 'host' | 'tokens' | 'signIn' | 'databaseUrl' | 'supabase'>;

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/**
 * API keys are accepted wherever sign-in is required; tokens where they are configured.
 *
 * @throws ConfigError where the settings would let strangers in, or nobody at all
 */
export function signInPolicy({
  host,
  tokens,
  signIn,
  databaseUrl,
  supabase,
}: PolicySettings): 'required' | 'none' {
  const embedded = databaseUrl === null && supabase === null;
  if (signIn === 'none') {
    if (!isLoopback(host))
      throw new ConfigError(
        `PERDURE_SIGN_IN is none, but PERDURE_HOST is ${JSON.stringify(host)}, which others can reach: ` +
          'leave one of them out',
      );
    if (!embedded)
      throw new ConfigError(
        'PERDURE_SIGN_IN is none, but the records are shared with others (DATABASE_URL or SUPABASE_URL is ' +
          'set): leave PERDURE_SIGN_IN out',
      );
    return 'none';
  }
  if (signIn === 'required' || tokens !== null) return 'required';
  if (!isLoopback(host))
    throw new ConfigError(
      `PERDURE_HOST is ${JSON.stringify(host)}, which others can reach, and no sign-in is configured: set ` +
        'SUPABASE_URL, or PERDURE_JWKS_URL with PERDURE_JWT_ISSUER, to accept tokens; or set ' +
        'PERDURE_SIGN_IN=required to accept API keys only; or leave PERDURE_HOST out',
    );
  return embedded ? 'none' : 'required';
}
