/** A typed client of the HTTP API, for Node and the browser. */
import type { TopUp } from '../../contracts/budgets.js';
import type {
  ApiKeyList,
  BatchAnswer,
  FileInfo,
  FileList,
  NewApiKeyAnswer,
  RouteName,
  RunList,
  StreamTicket,
  Readiness,
  ToolList,
  AgentList,
} from '../../contracts/api.js';
import type { ApprovalList, ApprovalStatus } from '../../contracts/approvals.js';
import type { AuditEntry, AuditList } from '../../contracts/audit.js';
import type { CallbackList } from '../../contracts/callbacks.js';
import type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
import type { ForkRun, RetryRun } from '../../contracts/forks.js';
import type { JsonValue, Plan } from '../../contracts/plan.js';
import type { ChangePlan } from '../../contracts/plan-edits.js';
import type { PresignedRequest } from '../../contracts/presign.js';
import type { Scope } from '../../contracts/principal.js';
import type { Run, RunStatus, RunSummary, SubmitRun } from '../../contracts/runs.js';
import type {
  Schedule,
  ScheduleChangeRequest,
  ScheduleList,
  ScheduleRequest,
} from '../../contracts/schedules.js';
import type { Statistics } from '../../contracts/statistics.js';
import type { CreateShareLink, NewShareLink, ShareLinkList } from '../../contracts/share-links.js';
import type { SignInWays } from '../../contracts/sign-in.js';
import type { System } from '../../contracts/system.js';
import type { WebhookSecret } from '../../contracts/webhooks.js';
import type { Why } from '../../contracts/why.js';
import { isTerminal } from '../../contracts/terminal.js';
import { followRun, type FollowOptions } from './follow-run.js';
import {
  createRequests,
  TIMEOUT_MS,
  type CallOptions,
  type ClientOptions,
  type RequestDetails,
} from './requests.js';

export type { TopUp };
export type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
export type { SignInWays, Statistics, System };
export type { Run, RunStatus, RunSummary, SubmitRun } from '../../contracts/runs.js';
export { isTerminal, isTerminalEvent } from '../../contracts/terminal.js';
export { PerdureApiError, PerdureConnectionError } from './errors.js';
export type { FollowOptions, Reconnect } from './follow-run.js';
export type { CallOptions, ClientOptions } from './requests.js';

/** Which runs; all that is given must fit. */
export interface RunFilter {
  /** One of several: the runs that have any of them. */
  status?: RunStatus | readonly RunStatus[] | undefined;
  agent?: string | undefined;
  /** The run whose sub-agents they are. */
  parent?: string | undefined;
  /** ISO 8601 with an offset. */
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Of one page: 1 to 200, 50 unless told. */
  limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  cursor?: string | undefined;
}

export type StatisticsFilter = Pick<RunFilter, 'agent' | 'createdAfter' | 'createdBefore' | 'metadata'> & {
  /** Into how many the time may be cut: 2 to 200, 48 unless told. */
  periods?: number | undefined;
};

/** Awaited, the first page; iterated over, the runs of all pages. */
export type RunListing = Promise<RunList> & AsyncIterable<RunSummary>;

/** Which entries of the audit log; all that is given must fit. */
export interface AuditFilter {
  /** ISO 8601 with an offset: from this moment on, and before that one. */
  from?: string | undefined;
  before?: string | undefined;
  subject?: string | undefined;
  action?: string | undefined;
  /** And what lies beneath it. */
  target?: string | undefined;
  outcome?: string | undefined;
  /** Of one page: 1 to 1,000, 100 unless told. */
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Awaited, the first page; iterated over, the entries of all pages. */
export type AuditListing = Promise<AuditList> & AsyncIterable<AuditEntry>;

export interface ApprovalFilter {
  runId?: string | undefined;
  status?: ApprovalStatus | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

export interface ApprovalDecision {
  decision: 'approve' | 'deny';
  /** Of the approval, so that nothing else is approved. */
  argsHash?: string;
  /** To a question, or the event that is waited for; with approve only. */
  answer?: JsonValue;
  /** Instead of those that were asked for; with approve only. */
  args?: Record<string, JsonValue>;
  /** Of an `outcome`, where the tool has acted: what it put out; with approve only. */
  output?: JsonValue;
  note?: string;
}

export type FileBody = NonNullable<RequestInit['body']>;

export interface WriteOptions extends CallOptions {
  /** Only over the file that has this tag (without quotes), else PerdureApiError 412. */
  ifMatch?: string | undefined;
  /** Only where there is no such file. */
  ifNew?: boolean | undefined;
}

export type PresignRequest = { expiresSeconds?: number } & (
  | { method: 'GET' }
  /** `bytes` of the file that will be sent. */
  | { method: 'PUT'; bytes: number }
);

export interface NewApiKey {
  name: string;
  /** `write` unless told. */
  scope?: Scope;
  /** ISO 8601 with an offset; never unless told. */
  expiresAt?: string;
}

/** Every call throws PerdureApiError, PerdureConnectionError, or the reason of its signal. */
export interface Client {
  /** With a key, the same call again meets the same run; only then is it repeated by itself after a passing fault. */
  submit(run: SubmitRun, options?: CallOptions & { idempotencyKey?: string | undefined }): Promise<Run>;
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
  retry(id: string, options?: CallOptions & RetryRun & { idempotencyKey?: string | undefined }): Promise<Run>;
  /** A new run that does a step, and all that builds on it, otherwise. */
  fork(
    id: string,
    fork: ForkRun,
    options?: CallOptions & { idempotencyKey?: string | undefined },
  ): Promise<Run>;
  /** Its models read it with their next question. With a key, the same call again is the same message. */
  message(
    id: string,
    text: string,
    options?: CallOptions & { idempotencyKey?: string | undefined },
  ): Promise<Run>;
  /**
   * Changes what has not begun. @param version the `planVersion` that is changed: PerdureApiError 412 when somebody was quicker
   * @returns the plan as it is then, one version later
   */
  changePlan(id: string, change: ChangePlan, version: number, options?: CallOptions): Promise<Plan>;
  approvals: {
    /** Of all runs, or of one; the oldest first. */
    list(filter?: ApprovalFilter, options?: CallOptions): Promise<ApprovalList>;
    /** The first decision counts: PerdureApiError 409 to whoever comes later. */
    decide(id: string, approvalId: string, decision: ApprovalDecision, options?: CallOptions): Promise<Run>;
  };
  /** Where programs outside send the events that the run waits for; whoever has a `url` may, once. */
  callbacks(id: string, options?: CallOptions): Promise<CallbackList>;
  schedules: {
    /** With a key, the same call again meets the same schedule; only then is it repeated by itself. */
    create(
      schedule: ScheduleRequest,
      options?: CallOptions & { idempotencyKey?: string | undefined },
    ): Promise<Schedule>;
    /** The oldest first. */
    list(options?: CallOptions): Promise<ScheduleList>;
    get(id: string, options?: CallOptions): Promise<Schedule>;
    change(id: string, change: ScheduleChangeRequest, options?: CallOptions): Promise<Schedule>;
    pause(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<Schedule>;
    resume(id: string, options?: CallOptions): Promise<Schedule>;
    /** Starts a run now, whatever goes on. */
    trigger(id: string, options?: CallOptions): Promise<Schedule>;
    /** Runs that it has started go on. */
    delete(id: string, options?: CallOptions): Promise<void>;
  };
  files: {
    list(id: string, options?: CallOptions): Promise<FileList>;
    /** @param options.headers such as `range` and `if-none-match`; an answer of 304 is no error */
    get(
      id: string,
      path: string,
      options?: CallOptions & { headers?: Record<string, string> },
    ): Promise<Response>;
    put(id: string, path: string, body: FileBody, options?: WriteOptions): Promise<FileInfo>;
    delete(id: string, path: string, options?: CallOptions): Promise<void>;
    presign(
      id: string,
      path: string,
      request: PresignRequest,
      options?: CallOptions,
    ): Promise<PresignedRequest>;
  };
  /** Whether a run submitted now would move, and which part is at fault; also where it would not. */
  readiness(options?: CallOptions): Promise<Readiness>;
  /** How people sign in there; nobody need be signed in to ask. */
  signInWays(options?: CallOptions): Promise<SignInWays>;
  /** How the whole system does; for operators. */
  system(options?: CallOptions): Promise<System>;
  tools(options?: CallOptions): Promise<ToolList>;
  agents(options?: CallOptions): Promise<AgentList>;
  /** Links that show one run to whoever has them, until they expire or are revoked. */
  shareLinks: {
    /** `url` is a path on the server. */
    create(runId: string, link?: CreateShareLink, options?: CallOptions): Promise<NewShareLink>;
    list(runId: string, options?: CallOptions): Promise<ShareLinkList>;
    revoke(runId: string, linkId: string, options?: CallOptions): Promise<void>;
  };
  apiKeys: {
    create(key: NewApiKey, options?: CallOptions): Promise<NewApiKeyAnswer>;
    list(options?: CallOptions): Promise<ApiKeyList>;
    revoke(keyId: string, options?: CallOptions): Promise<void>;
  };
  /** Who did what, the newest first; for admins, and for keys of the scope `audit`. */
  audit(filter?: AuditFilter, options?: CallOptions): AuditListing;
  /** With which the receiver at this address checks that a webhook is ours. */
  webhookSecret(url: string, options?: CallOptions): Promise<WebhookSecret>;
  /** With which a browser's EventSource opens the stream of this run, for a minute. `url` is a path on the server. */
  streamTicket(id: string, options?: CallOptions): Promise<StreamTicket>;
}

export function createClient(options: ClientOptions): Client {
  const requests = createRequests(options);
  const json = <Body>(route: RouteName, details: RequestDetails): Promise<Body> =>
    requests(route, details, (response) => response.json() as Promise<Body>);
  const nothing = (): undefined => undefined;
  const post = (body: unknown): Pick<RequestDetails, 'headers' | 'body'> => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const get: Client['get'] = (id, { waitSeconds = 0, ...call } = {}) =>
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
  const events: Client['events'] = (id, follow) => followRun(requests, options.baseUrl, id, follow);

  const goOn = (
    route: 'retryRun' | 'forkRun',
    id: string,
    wanted: RetryRun | ForkRun,
    idempotencyKey: string | undefined,
    call: CallOptions,
  ): Promise<Run> => {
    const { headers, body } = post(wanted);
    return json(route, {
      ...call,
      parameters: { id },
      headers: { ...headers, 'idempotency-key': idempotencyKey },
      body,
      repeatable: idempotencyKey !== undefined,
    });
  };

  return {
    submit(run, { idempotencyKey, ...call } = {}) {
      const { headers, body } = post(run);
      return json('submitRun', {
        ...call,
        headers: { ...headers, 'idempotency-key': idempotencyKey },
        body,
        repeatable: idempotencyKey !== undefined,
      });
    },
    submitBatch: (runs, call = {}) =>
      json('submitBatch', {
        ...call,
        ...post({ runs }),
        repeatable: runs.every(({ idempotencyKey }) => idempotencyKey !== undefined),
      }),
    get,
    list: (filter = {}, call = {}) =>
      listing(
        (cursor) =>
          json<RunList>('listRuns', {
            ...call,
            query: queryOf(cursor === undefined ? filter : { ...filter, cursor }),
          }),
        ({ runs }) => runs,
      ),
    statistics: (filter = {}, call = {}) => json('getStatistics', { ...call, query: queryOf(filter) }),
    async wait(id, follow = {}) {
      for (;;) {
        const run = await get(id, { signal: follow.signal });
        if (isTerminal(run.status)) return run;
        for await (const _ of events(id, { ...follow, after: run.lastSeq }));
      }
    },
    events,
    why: (id, call = {}) => json('whyRun', { ...call, parameters: { id } }),
    cancel: (id, { reason, ...call } = {}) =>
      json('cancelRun', { ...call, parameters: { id }, ...post(reason === undefined ? {} : { reason }) }),
    pause: (id, { reason, ...call } = {}) =>
      json('pauseRun', { ...call, parameters: { id }, ...post(reason === undefined ? {} : { reason }) }),
    resume: (id, { budget, ...call } = {}) =>
      json('resumeRun', { ...call, parameters: { id }, ...post(budget === undefined ? {} : { budget }) }),
    retry: (id, { idempotencyKey, repeat, ...call } = {}) =>
      goOn('retryRun', id, repeat === undefined ? {} : { repeat }, idempotencyKey, call),
    fork: (id, fork, { idempotencyKey, ...call } = {}) => goOn('forkRun', id, fork, idempotencyKey, call),
    message(id, text, { idempotencyKey, ...call } = {}) {
      const { headers, body } = post({ text });
      return json('sendMessage', {
        ...call,
        parameters: { id },
        headers: { ...headers, 'idempotency-key': idempotencyKey },
        body,
        repeatable: idempotencyKey !== undefined,
      });
    },
    changePlan(id, change, version, call = {}) {
      const { headers, body } = post(change);
      return json('changePlan', {
        ...call,
        parameters: { id },
        headers: { ...headers, 'if-match': `"${version}"` },
        body,
      });
    },
    approvals: {
      list: ({ runId, ...filter } = {}, call = {}) =>
        runId === undefined
          ? json('listApprovals', { ...call, query: queryOf(filter) })
          : json('listRunApprovals', { ...call, parameters: { id: runId }, query: queryOf(filter) }),
      decide: (id, approvalId, decision, call = {}) =>
        // The same decision sent again counts once.
        json('decideApproval', {
          ...call,
          parameters: { id, approvalId },
          ...post(decision),
          repeatable: true,
        }),
    },
    callbacks: (id, call = {}) => json('listCallbacks', { ...call, parameters: { id } }),
    schedules: {
      create(schedule, { idempotencyKey, ...call } = {}) {
        const { headers, body } = post(schedule);
        return json('createSchedule', {
          ...call,
          headers: { ...headers, 'idempotency-key': idempotencyKey },
          body,
          repeatable: idempotencyKey !== undefined,
        });
      },
      list: (call = {}) => json('listSchedules', call),
      get: (scheduleId, call = {}) => json('getSchedule', { ...call, parameters: { scheduleId } }),
      change: (scheduleId, change, call = {}) =>
        json('changeSchedule', { ...call, parameters: { scheduleId }, ...post(change) }),
      pause: (scheduleId, { reason, ...call } = {}) =>
        json('pauseSchedule', {
          ...call,
          parameters: { scheduleId },
          ...post(reason === undefined ? {} : { reason }),
        }),
      resume: (scheduleId, call = {}) =>
        json('resumeSchedule', { ...call, parameters: { scheduleId }, ...post({}) }),
      trigger: (scheduleId, call = {}) =>
        json('triggerSchedule', { ...call, parameters: { scheduleId }, ...post({}) }),
      delete: (scheduleId, call = {}) =>
        requests('deleteSchedule', { ...call, parameters: { scheduleId }, repeatable: false }, nothing),
    },
    files: {
      list: (id, call = {}) => json('listFiles', { ...call, parameters: { id } }),
      get: (id, path, call = {}) =>
        requests('getFile', { ...call, parameters: { id, path }, alsoOk: [304] }, (response) => response),
      put: (id, path, body, { ifMatch, ifNew, ...call } = {}) =>
        json('putFile', {
          ...call,
          parameters: { id, path },
          headers: {
            'content-type': 'application/octet-stream',
            'if-match': ifMatch === undefined ? undefined : `"${ifMatch}"`,
            'if-none-match': ifNew === true ? '*' : undefined,
          },
          body,
          timeoutMs: null,
          // A stream can be read once; and after a lost answer a condition would meet one's own file.
          repeatable: !(body instanceof ReadableStream) && ifMatch === undefined && ifNew !== true,
        }),
      delete: (id, path, call = {}) =>
        requests('deleteFile', { ...call, parameters: { id, path }, repeatable: false }, nothing),
      presign: (id, path, request, call = {}) =>
        json('presignFile', { ...call, parameters: { id, path }, ...post(request), repeatable: true }),
    },
    readiness: (call = {}) => json('readiness', { ...call, alsoOk: [503], retries: 0 }),
    signInWays: (call = {}) => json('getSignIn', call),
    system: (call = {}) => json('getSystem', call),
    tools: (call = {}) => json('listTools', call),
    agents: (call = {}) => json('listAgents', call),
    shareLinks: {
      create: (id, link = {}, call = {}) =>
        json('createShareLink', { ...call, parameters: { id }, ...post(link) }),
      list: (id, call = {}) => json('listShareLinks', { ...call, parameters: { id } }),
      revoke: (id, keyId, call = {}) =>
        requests('revokeShareLink', { ...call, parameters: { id, keyId }, repeatable: false }, nothing),
    },
    apiKeys: {
      create: (key, call = {}) => json('createApiKey', { ...call, ...post(key) }),
      list: (call = {}) => json('listApiKeys', call),
      revoke: (keyId, call = {}) =>
        requests('revokeApiKey', { ...call, parameters: { keyId }, repeatable: false }, nothing),
    },
    audit: (filter = {}, call = {}) =>
      listing(
        (cursor) =>
          json<AuditList>('listAudit', {
            ...call,
            query: queryOf(cursor === undefined ? filter : { ...filter, cursor }),
          }),
        ({ entries }) => entries,
      ),
    webhookSecret: (url, call = {}) =>
      json('getWebhookSecret', { ...call, query: new URLSearchParams({ url }) }),
    streamTicket: (id, call = {}) =>
      json('createStreamTicket', { ...call, parameters: { id }, repeatable: true }),
  };
}

function listing<Page extends { nextCursor: string | null }, Item>(
  pageAt: (cursor?: string) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<Page> & AsyncIterable<Item> {
  const first = pageAt();
  return Object.assign(first, {
    async *[Symbol.asyncIterator]() {
      for (let page = await first; ; page = await pageAt(page.nextCursor)) {
        yield* itemsOf(page);
        if (page.nextCursor === null) return;
      }
    },
  });
}

function queryOf({
  metadata = {},
  ...filter
}: RunFilter | StatisticsFilter | ((ApprovalFilter | AuditFilter) & { metadata?: never })): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  for (const [name, value] of Object.entries(metadata)) query.set(`metadata[${name}]`, value);
  return query;
}
