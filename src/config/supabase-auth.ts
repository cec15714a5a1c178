/** Where the console lets people sign in: Supabase Auth as browsers reach it. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface SupabaseAuthConfig {
  /** Of the project, without a slash at its end. */
  readonly url: string;
  readonly anonKey: string;
}

/** Servers may reach the project by another address than browsers do. */
export const publicSupabaseUrl = (e: Environment): string | undefined =>
  e.SUPABASE_PUBLIC_URL ?? e.SUPABASE_URL;

/** @throws ConfigError */
export function supabaseAuthOf(e: Environment): SupabaseAuthConfig | null {
  const url = publicSupabaseUrl(e);
  if (e.SUPABASE_PUBLIC_URL !== undefined && e.SUPABASE_URL === undefined)
    throw new ConfigError('SUPABASE_URL must be set with SUPABASE_PUBLIC_URL');
  if (e.SUPABASE_ANON_KEY === undefined) return null;
  if (url === undefined) throw new ConfigError('SUPABASE_URL must be set with SUPABASE_ANON_KEY');
  return Object.freeze({ url, anonKey: e.SUPABASE_ANON_KEY });
}
