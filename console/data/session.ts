/** Who is signed in, and the client that everything is asked with. */
import { createClient, PerdureApiError, type Client } from 'perdure/client';
import { noteServerTime } from './clock.js';
import { noteReachable, noteUnreachable } from './connection.js';
import type { People } from './people.js';
import { readShare } from './share.js';
import { createStore } from './store.js';

const KEY = 'perdure.token';
/** Where the session of a person is kept, for all tabs. */
const PERSON_KEY = 'perdure.person';
/** Where somebody was who left the page to sign in. */
const RETURN_KEY = 'perdure.return';

/** What a link has brought that was shared; then this page shows that run and nothing else. */
export const share = readShare();

/** A pasted API key or token, kept until the tab is closed. Null where none was needed so far. */
const token = createStore<string | null>(sessionStorage.getItem(KEY));

/** Whether the server has said that it does not know us. */
export const signInNeeded = createStore(false);
/** Whose name can be shown, and can sign out; null where nobody needed to sign in. */
export const signedInAs = createStore<string | null>(token.get() === null ? null : 'API key');

let people: People | null = null;

/** Whether calls bring something that the browser itself does not. */
export const hasCredentials = (): boolean => share !== null || token.get() !== null || people !== null;

/** Loads the sign-in of people, once. @returns null where there is none here */
export async function loadPeople(): Promise<People | null> {
  if (people !== null) return people;
  const { supabase } = await client.signInWays();
  if (supabase === null) return null;
  const { openPeople } = await import('./people.js');
  people = await openPeople(supabase, PERSON_KEY);
  return people;
}

/** Before anything is shown: takes up the session of a person, or what they come back with. */
export async function resumeSession(): Promise<void> {
  if (share !== null || token.get() !== null) return;
  const cameBack =
    new URLSearchParams(location.search).has('code') && sessionStorage.getItem(RETURN_KEY) !== null;
  if (localStorage.getItem(PERSON_KEY) === null && !cameBack) return;
  try {
    signedInAs.set((await (await loadPeople())?.name()) ?? null);
  } catch {
    // The page itself says what cannot be reached, and asks for the sign-in where it is needed.
  }
  if (!cameBack) return;
  const where = sessionStorage.getItem(RETURN_KEY) ?? '/console';
  sessionStorage.removeItem(RETURN_KEY);
  history.replaceState(null, '', where);
}

export function rememberWhere(): void {
  sessionStorage.setItem(RETURN_KEY, location.pathname + location.search);
}

/** @throws PerdureApiError where it is not valid */
export async function signInWithKey(value: string): Promise<void> {
  token.set(value);
  try {
    await client.list({ limit: 1 });
  } catch (error) {
    token.set(null);
    throw error;
  }
  sessionStorage.setItem(KEY, value);
  signedInAs.set('API key');
  signInNeeded.set(false);
}

export async function personSignedIn(): Promise<void> {
  signedInAs.set((await people?.name()) ?? null);
  signInNeeded.set(false);
}

/** Whatever was shown goes with the page that is loaded anew. */
export async function signOut(): Promise<void> {
  sessionStorage.removeItem(KEY);
  await people?.signOut();
  location.assign('/console');
}

const credentials = async (): Promise<string> => {
  if (share !== null) return share.token;
  return token.get() ?? (await people?.accessToken()) ?? '';
};

/** Notes what every answer says about the connection and the sign-in; a token that was refused is renewed once. */
const watched: typeof fetch = async (input, init) => {
  try {
    let response = await fetch(input, init);
    if (response.status === 401 && people !== null && token.get() === null && (await people.renew())) {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${await credentials()}`);
      response = await fetch(input, { ...init, headers });
    }
    noteReachable();
    noteServerTime(response.headers.get('date'));
    if (response.status === 401) signInNeeded.set(true);
    return response;
  } catch (error) {
    if (init?.signal?.aborted !== true) noteUnreachable();
    throw error;
  }
};

export const client: Client = createClient({
  baseUrl: location.origin,
  token: credentials,
  fetch: watched,
  retries: 1,
  timeoutMs: 20_000,
});

export const isNotFound = (error: unknown): boolean =>
  error instanceof PerdureApiError && error.status === 404;
