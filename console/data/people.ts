/**
 * People who sign in at Supabase Auth, by its own client. It keeps the session for the tabs of this browser, renews its
 * token in time, and is loaded only where somebody signs in so.
 */
import { AuthClient, type AuthError } from '@supabase/auth-js';
import type { SignInWays } from 'perdure/client';

type Project = NonNullable<SignInWays['supabase']>;

export interface People {
  /** Of whoever is signed in, renewed where it is about to expire; null where nobody is, any more. */
  accessToken(): Promise<string | null>;
  /** Of a token that was refused. @returns whether there is another one now */
  renew(): Promise<boolean>;
  /** Their e-mail address; null where nobody is signed in. */
  name(): Promise<string | null>;
  /** What the project allows. */
  ways(): Promise<{ email: boolean; providers: readonly string[] }>;
  withPassword(email: string, password: string): Promise<void>;
  /** By e-mail, to people who are known already. */
  sendCode(email: string): Promise<void>;
  withCode(email: string, code: string): Promise<void>;
  /** Leaves the page, and comes back to it signed in. */
  withProvider(provider: string): Promise<void>;
  signOut(): Promise<void>;
}

/**
 * @param storageKey where the session is kept
 * @throws Error where this page was come back to from a provider that did not sign anybody in
 */
export async function openPeople({ url, anonKey }: Project, storageKey: string): Promise<People> {
  const auth = new AuthClient({
    url: `${url}/auth/v1`,
    headers: { apikey: anonKey },
    storageKey,
    storage: localStorage,
    persistSession: true,
    autoRefreshToken: true,
    // The code that a provider has sent us back with, and no token in an address.
    detectSessionInUrl: true,
    flowType: 'pkce',
  });
  const { error: notBrought } = await auth.initialize();
  if (notBrought !== null) {
    // What a provider has said is told once; the next try begins afresh.
    history.replaceState(null, '', location.pathname);
    refuse(notBrought);
  }
  const session = async () => (await auth.getSession()).data.session;
  return {
    // Asked for its session, the client renews what is about to expire.
    accessToken: async () => (await session())?.access_token ?? null,
    async renew() {
      const before = (await session())?.access_token;
      if (before === undefined) return false;
      const { data } = await auth.refreshSession();
      return data.session !== null && data.session.access_token !== before;
    },
    name: async () => {
      const found = await session();
      return found === null ? null : (found.user.email ?? found.user.id);
    },
    async ways() {
      const answer = await fetch(`${url}/auth/v1/settings`, { headers: { apikey: anonKey } });
      if (!answer.ok) throw new Error(`the sign-in answers ${answer.status}`);
      const { external = {} } = (await answer.json()) as { external?: Record<string, unknown> };
      const on = Object.keys(external).filter((name) => external[name] === true);
      return {
        email: on.includes('email'),
        providers: on.filter((name) => !['email', 'phone', 'anonymous_users'].includes(name)),
      };
    },
    withPassword: async (email, password) => {
      refuse((await auth.signInWithPassword({ email, password })).error);
    },
    sendCode: async (email) => {
      refuse((await auth.signInWithOtp({ email, options: { shouldCreateUser: false } })).error);
    },
    withCode: async (email, code) => {
      refuse((await auth.verifyOtp({ email, token: code, type: 'email' })).error);
    },
    async withProvider(provider) {
      const redirectTo = `${location.origin}/console`;
      const { data, error } = await auth.signInWithOAuth({
        // One of those that the project itself has named.
        provider: provider as Parameters<typeof auth.signInWithOAuth>[0]['provider'],
        options: { redirectTo, skipBrowserRedirect: true },
      });
      refuse(error);
      if (data.url !== null) location.assign(data.url);
    },
    signOut: async () => {
      await auth.signOut({ scope: 'local' });
    },
  };
}

function refuse(error: AuthError | null): void {
  if (error !== null) throw new Error(error.message, { cause: error });
}
