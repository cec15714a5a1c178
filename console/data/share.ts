/** A link that somebody has shared: one run, to be read. Its key stands behind "#", which browsers send to nobody. */

export interface Share {
  runId: string;
  token: string;
}

const KEY = 'perdure.share';
const place = /^\/console\/runs\/([0-9a-f-]{36})\/?$/;

/** Kept until the tab is closed, so that the page can be loaded anew without the key in its address. */
export function readShare(): Share | null {
  const runId = place.exec(location.pathname)?.[1];
  if (runId === undefined) return null;
  const token = new URLSearchParams(location.hash.slice(1)).get('share');
  if (token !== null) {
    sessionStorage.setItem(KEY, JSON.stringify({ runId, token } satisfies Share));
    history.replaceState(history.state, '', location.pathname + location.search);
    return { runId, token };
  }
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Share | null;
  return kept?.runId === runId ? kept : null;
}

/** From now on as whoever is signed in otherwise. */
export function leaveShare(): void {
  sessionStorage.removeItem(KEY);
  location.reload();
}
