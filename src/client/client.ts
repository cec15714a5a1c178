/** A typed client of the HTTP API, for Node and the browser. */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { addressOf, type FileList, type Problem, type RouteName, type RunList } from '../../contracts/api.js';
import { isTerminalEvent, type EphemeralEvent, type RunEvent } from '../../contracts/events.js';
import type { Run, SubmitRun } from '../../contracts/runs.js';

/** What the server answered instead of what was asked for. */
export class PerdureApiError extends Error {
  override readonly name = 'PerdureApiError';
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? `the server answered ${status}`);
  }
}

export interface Client {
  submitRun(run: SubmitRun, options?: { idempotencyKey?: string }): Promise<Run>;
  getRun(id: string): Promise<Run>;
  listRuns(): Promise<RunList>;
  cancelRun(id: string, reason?: string): Promise<Run>;
  /**
   * Every durable event once and in order, and what passes by meanwhile; ends after the terminal event. A
   * broken connection is taken up again where it broke.
   */
  streamEvents(
    id: string,
    options?: { after?: number; signal?: AbortSignal },
  ): AsyncIterable<RunEvent | EphemeralEvent>;
  listFiles(id: string): Promise<FileList>;
  getFile(id: string, path: string): Promise<Response>;
}

/** Milliseconds before a broken stream is asked for again, doubled up to the last with each failure. */
const PAUSES = [250, 500, 1_000, 2_000, 5_000];

/** @param options.token of a sign-in, or an API key; left out where nobody signs in */
export function createClient(baseUrl: string, { token }: { token?: string } = {}): Client {
  const call = async (route: RouteName, parameters: Record<string, string>, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(new URL(addressOf(route, parameters), baseUrl), { ...init, headers });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new PerdureApiError(response.status, problem);
  };
  const json = async <Body>(...args: Parameters<typeof call>): Promise<Body> =>
    (await (await call(...args)).json()) as Body;
  const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

  return {
    submitRun: (run, { idempotencyKey } = {}) =>
      json(
        'submitRun',
        {},
        post(run, idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ),
    getRun: (id) => json('getRun', { id }),
    listRuns: () => json('listRuns', {}),
    cancelRun: (id, reason) => json('cancelRun', { id }, post(reason === undefined ? {} : { reason })),
    listFiles: (id) => json('listFiles', { id }),
    getFile: (id, path) => call('getFile', { id, path }),

    async *streamEvents(id, { after = 0, signal } = {}) {
      let last = after;
      for (let failures = 0; ;) {
        try {
          const headers = { accept: 'text/event-stream', 'last-event-id': String(last) };
          const response = await call(
            'streamEvents',
            { id },
            { headers, ...(signal === undefined ? {} : { signal }) },
          );
          if (response.status === 204 || response.body === null) return;
          for await (const event of readEvents(response.body)) {
            failures = 0;
            if ('seq' in event) {
              if (event.seq <= last) continue;
              last = event.seq;
            }
            yield event;
            if (isTerminalEvent(event.type)) return;
          }
        } catch (error) {
          // What the server says about the request itself will not change.
          if (error instanceof PerdureApiError && error.status < 500) throw error;
          if (signal?.aborted === true) throw error;
        }
        const pause = PAUSES[Math.min(failures, PAUSES.length - 1)] ?? 0;
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    },
  };
}

async function* readEvents(
  body: NonNullable<Response['body']>,
): AsyncGenerator<RunEvent | EphemeralEvent, void, undefined> {
  const messages = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = messages.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield JSON.parse(value.data) as RunEvent | EphemeralEvent;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
