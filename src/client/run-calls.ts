/** Runs: submitted, followed, told what to do, and gone on from. */
import type { BatchAnswer, RunList, StreamTicket } from '../../contracts/api.js';
import type { TopUp } from '../../contracts/budgets.js';
import type { CallbackList } from '../../contracts/callbacks.js';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { ForkRun, RetryRun } from '../../contracts/forks.js';
import type { Plan } from '../../contracts/plan.js';
import type { ChangePlan } from '../../contracts/plan-edits.js';
import type { Run, RunSummary } from '../../contracts/answers.js';
import type { SubmitRun } from '../../contracts/runs.js';
import type { Statistics } from '../../contracts/statistics.js';
import { isTerminal } from '../../contracts/terminal.js';
import type { Why } from '../../contracts/why.js';
import { post, type Calls, type Keyed } from './calls.js';
import { queryOf, type RunFilter, type StatisticsFilter } from './filters.js';
import { followRun, type FollowOptions } from './follow-run.js';
import { listing, type Listing } from './listing.js';
import { TIMEOUT_MS, type CallOptions, type ClientOptions } from './requests.js';

export type RunListing = Listing<RunList, RunSummary>;

export interface RunCalls {
  /** With a key, the same call again meets the same run; only then is it repeated by itself after a passing fault. */
  submit(run: SubmitRun, options?: CallOptions & Keyed): Promise<Run>;
  /** Up to 100 at once; each is taken on or refused by itself. Repeated by itself where every run has a key. */
  submitBatch(
    runs: readonly (SubmitRun & { idempotencyKey?: string })[],
    options?: CallOptions,
  ): Promise<BatchAnswer>;
  /** @param options.waitSeconds up to 60: answered when the run has ended, or after that time as it is then */
  get(id: string, options?: CallOptions & { waitSeconds?: number | undefined }): Promise<Run>;
  /** Newest first. */
  list(filter?: RunFilter, options?: CallOptions): RunListing;
  /** Of the runs that fit: how many there are by status, and by when they were submitted. */
  statistics(filter?: StatisticsFilter, options?: CallOptions): Promise<Statistics>;
  /** The run once it has ended, however it did. */
  wait(id: string, options?: FollowOptions): Promise<Run>;
  /** See followRun: every durable event once and in order, to the end, over broken connections. */
  events(id: string, options?: FollowOptions): AsyncGenerator<RunEvent | EphemeralEvent, void, undefined>;
  /** Why it moves or does not. */
  why(id: string, options?: CallOptions): Promise<Why>;
  cancel(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<Run>;
  /** Steps under way end, none begins. Paused again, it stays so. */
  pause(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<Run>;
  /** @param options.budget limits that take the place of those before */
  resume(id: string, options?: CallOptions & { budget?: TopUp | undefined }): Promise<Run>;
  /** A new run that does again what has not completed. With a key, the same call again meets the same run. */
  retry(id: string, options?: CallOptions & RetryRun & Keyed): Promise<Run>;
  /** A new run that does a step, and all that builds on it, otherwise. */
  fork(id: string, fork: ForkRun, options?: CallOptions & Keyed): Promise<Run>;
  /** Its models read it with their next question. With a key, the same call again is the same message. */
  message(id: string, text: string, options?: CallOptions & Keyed): Promise<Run>;
  /**
   * Changes what has not begun. @param version the `planVersion` that is changed: PerdureApiError 412 when somebody was quicker
   * @returns the plan as it is then, one version later
   */
  changePlan(id: string, change: ChangePlan, version: number, options?: CallOptions): Promise<Plan>;
  /** Where programs outside send the events that the run waits for; whoever has a `url` may, once. */
  callbacks(id: string, options?: CallOptions): Promise<CallbackList>;
  /** With which a browser's EventSource opens the stream of this run, for a minute. `url` is a path on the server. */
  streamTicket(id: string, options?: CallOptions): Promise<StreamTicket>;
}

export function createRunCalls({ requests, json, keyed }: Calls, options: ClientOptions): RunCalls {
  const get: RunCalls['get'] = (id, { waitSeconds = 0, ...call } = {}) =>
    json('getRun', {
      ...call,
      parameters: { id },
      ...(waitSeconds === 0
        ? {}
        : {
            query: new URLSearchParams({ wait: String(waitSeconds) }),
            timeoutMs: waitSeconds * 1_000 + (options.timeoutMs ?? TIMEOUT_MS),
          }),
    });
  const events: RunCalls['events'] = (id, follow) => followRun(requests, options.baseUrl, id, follow);

  return {
    submit: (run, call = {}) => keyed('submitRun', run, call),
    submitBatch: (runs, call = {}) =>
      json('submitBatch', {
        ...call,
        ...post({ runs }),
        repeatable: runs.every(({ idempotencyKey }) => idempotencyKey !== undefined),
      }),
    get,
    list: (filter = {}, call = {}) =>
      listing(
        (cursor = filter.cursor) =>
          json<RunList>('listRuns', { ...call, query: queryOf({ ...filter, cursor }) }),
        ({ runs }) => runs,
      ),
    statistics: (filter = {}, call = {}) => json('getStatistics', { ...call, query: queryOf(filter) }),
    async wait(id, follow = {}) {
      const { signal, onResponse } = follow;
      let run = await get(id, { signal, onResponse });
      while (!isTerminal(run.status)) {
        for await (const _ of events(id, { ...follow, after: run.lastSeq }));
        // The server may go away just then, and is waited for as it is by events.
        run = await json('getRun', { parameters: { id }, signal, onResponse, retries: Infinity });
      }
      return run;
    },
    events,
    why: (id, call = {}) => json('whyRun', { ...call, parameters: { id } }),
    cancel: (id, { reason, ...call } = {}) =>
      json('cancelRun', { ...call, parameters: { id }, ...post({ reason }) }),
    pause: (id, { reason, ...call } = {}) =>
      json('pauseRun', { ...call, parameters: { id }, ...post({ reason }) }),
    resume: (id, { budget, ...call } = {}) =>
      json('resumeRun', { ...call, parameters: { id }, ...post({ budget }) }),
    retry: (id, { repeat, ...call } = {}) => keyed('retryRun', { repeat }, { ...call, parameters: { id } }),
    fork: (id, fork, call = {}) => keyed('forkRun', fork, { ...call, parameters: { id } }),
    message: (id, text, call = {}) => keyed('sendMessage', { text }, { ...call, parameters: { id } }),
    changePlan(id, change, version, call = {}) {
      const { headers, body } = post(change);
      return json('changePlan', {
        ...call,
        parameters: { id },
        headers: { ...headers, 'if-match': `"${version}"` },
        body,
      });
    },
    callbacks: (id, call = {}) => json('listCallbacks', { ...call, parameters: { id } }),
    streamTicket: (id, call = {}) =>
      json('createStreamTicket', { ...call, parameters: { id }, repeatable: true }),
  };
}
