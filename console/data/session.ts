/** Who is signed in, and the client that everything is asked with. */
import { createClient, PerdureApiError, type Client } from 'perdure/client';
import { noteReachable, noteUnreachable } from './connection.js';
import { createStore } from './store.js';

const KEY = 'perdure.token';

/** A pasted API key or token, kept until the tab is closed. Null where none was needed so far. */
export const token = createStore<string | null>(sessionStorage.getItem(KEY));

/** Whether the server has said that it does not know us. */
export const signInNeeded = createStore(false);

export function signIn(value: string): void {
  sessionStorage.setItem(KEY, value);
  token.set(value);
  signInNeeded.set(false);
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  token.set(null);
}

/** Notes what every answer says about the connection and the sign-in. */
const watched: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    noteReachable();
    if (response.status === 401) signInNeeded.set(true);
    return response;
  } catch (error) {
    if (init?.signal?.aborted !== true) noteUnreachable();
    throw error;
  }
};

export const client: Client = createClient({
  baseUrl: location.origin,
  token: () => token.get() ?? '',
  fetch: watched,
  retries: 1,
  timeoutMs: 20_000,
});

export const isNotFound = (error: unknown): boolean =>
  error instanceof PerdureApiError && error.status === 404;
