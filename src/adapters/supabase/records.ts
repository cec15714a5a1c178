/** The records through a Supabase project's API (PostgREST), with its service_role key. */
import { createClient, type WebSocketLikeConstructor } from '@supabase/supabase-js';
import { Agent, fetch as pooledFetch, type RequestInit as PooledInit } from 'undici';
import WebSocket from 'ws';
import { createRecords, type Records } from '../records/records.js';
import {
  misconfigured,
  raised,
  storable,
  unavailable,
  unmigrated,
  type SqlFunctions,
} from '../records/sql-functions.js';

export interface SupabaseProject {
  /** As in `https://<project>.supabase.co`. */
  readonly url: string;
  readonly serviceRoleKey: string;
}

/** Connects at the first call: a project that is away at start is met as one that goes away later. */
export const openSupabaseRecords = (project: SupabaseProject): Records =>
  createRecords(overSupabase(project));

const TIMEOUT_MS = 8_000;

function overSupabase({ url, serviceRoleKey }: SupabaseProject): SqlFunctions {
  const agent = new Agent({
    connections: 32,
    connect: { timeout: 5_000 },
    keepAliveTimeout: 30_000,
    keepAliveMaxTimeout: 120_000,
  });
  const client = createClient(url, serviceRoleKey, {
    db: { schema: 'perdure' },
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // Never opened; without it the client refuses to be made on Node 20, which has no WebSocket of its own.
    realtime: { transport: WebSocket as unknown as WebSocketLikeConstructor },
    global: {
      fetch: (input, init) =>
        pooledFetch(input as string, {
          ...(init as PooledInit | undefined),
          ...(typeof init?.body === 'string' ? { body: storable(init.body) } : {}),
          dispatcher: agent,
          // Of the whole exchange; the client's own time-out ends with the headers.
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }) as unknown as Promise<Response>,
    },
  });
  return {
    async call(name, args) {
      // Typed by name without a generated schema: every function has named arguments and one JSON value.
      const answer = await client.rpc(name, args);
      if (answer.error === null) return answer.data as unknown;
      throw translate(answer.error, answer.status);
    },
    close: () => agent.close(),
  };
}

interface Refusal {
  /** An SQLSTATE, PostgREST's own PGRST and digits, or empty. */
  code?: string;
  message: string;
  /** Where there was no answer, with the error's stack. */
  details?: string;
}

/** @param status of the HTTP answer; 0 when there was none */
function translate(error: Refusal, status: number): unknown {
  const { code = '', message } = error;
  const isSqlState = /^[0-9A-Z]{5}$/.test(code);
  if (code === 'PGRST106')
    return misconfigured(
      'SUPABASE_URL answers, but does not expose the schema perdure: add it to the exposed schemas',
      error,
    );
  if (status === 401 || status === 403 || code === '42501')
    return misconfigured(
      `SUPABASE_SERVICE_ROLE_KEY is not the service_role key of this project: ${message}`,
      error,
    );
  // Not in the cache of functions: never made, or made a moment ago.
  if (code === 'PGRST202') return unmigrated(message, error);
  const told = raised(isSqlState ? code : undefined, message, error);
  if (told !== undefined) return told;
  if (!isSqlState && (status === 0 || status === 408 || status === 429 || status >= 500))
    return unavailable(status === 0 ? whyNoAnswer(error) : `${status} ${message}`, error);
  return new Error(`Supabase refused a call: ${status} ${code} ${message}`, { cause: error });
}

const whyNoAnswer = ({ message, details = '' }: Refusal): string =>
  /^Caused by: (.*)$/m.exec(details)?.[1] ?? message;
