/** A typed client of the HTTP API, for Node and the browser. */
import type { AgentList, Readiness, ToolList } from '../../contracts/api.js';
import type { AuditEntry, AuditList } from '../../contracts/audit.js';
import type { SignInWays } from '../../contracts/sign-in.js';
import type { System } from '../../contracts/system.js';
import type { WebhookSecret } from '../../contracts/webhooks.js';
import {
  createApiKeyCalls,
  createShareLinkCalls,
  type ApiKeyCalls,
  type ShareLinkCalls,
} from './access-calls.js';
import { createApprovalCalls, type ApprovalCalls } from './approval-calls.js';
import { createCalls } from './calls.js';
import { createFileCalls, type FileCalls } from './file-calls.js';
import { queryOf, type AuditFilter } from './filters.js';
import { listing, type Listing } from './listing.js';
import { createRequests, type CallOptions, type ClientOptions } from './requests.js';
import { createRunCalls, type RunCalls } from './run-calls.js';
import { createScheduleCalls, type ScheduleCalls } from './schedule-calls.js';

export type { TopUp } from '../../contracts/budgets.js';
export type { EphemeralEvent, RunEvent } from '../../contracts/events.js';
export type { Run, RunSummary } from '../../contracts/answers.js';
export type { RunStatus, SubmitRun } from '../../contracts/runs.js';
export type { Statistics } from '../../contracts/statistics.js';
export { isTerminal, isTerminalEvent } from '../../contracts/terminal.js';
export type { NewApiKey } from './access-calls.js';
export type { ApprovalDecision, ApprovalListing } from './approval-calls.js';
export { PerdureApiError, PerdureConnectionError } from './errors.js';
export type { FileBody, PresignRequest, WriteOptions } from './file-calls.js';
export type { ApprovalFilter, AuditFilter, RunFilter, StatisticsFilter } from './filters.js';
export type { FollowOptions, Reconnect } from './follow-run.js';
export type { CallOptions, ClientOptions } from './requests.js';
export type { RunListing } from './run-calls.js';
export type { SignInWays, System };

export type AuditListing = Listing<AuditList, AuditEntry>;

/** Every call throws PerdureApiError, PerdureConnectionError, or the reason of its signal. */
export interface Client extends RunCalls {
  approvals: ApprovalCalls;
  schedules: ScheduleCalls;
  files: FileCalls;
  /** Whether a run submitted now would move, and which part is at fault; also where it would not. */
  readiness(options?: CallOptions): Promise<Readiness>;
  /** How people sign in there; nobody need be signed in to ask. */
  signInWays(options?: CallOptions): Promise<SignInWays>;
  /** How the whole system does; for operators. */
  system(options?: CallOptions): Promise<System>;
  tools(options?: CallOptions): Promise<ToolList>;
  agents(options?: CallOptions): Promise<AgentList>;
  apiKeys: ApiKeyCalls;
  shareLinks: ShareLinkCalls;
  /** Who did what, the newest first; for admins, and for keys of the scope `audit`. */
  audit(filter?: AuditFilter, options?: CallOptions): AuditListing;
  /** With which the receiver at this address checks that a webhook is ours. */
  webhookSecret(url: string, options?: CallOptions): Promise<WebhookSecret>;
}

export function createClient(options: ClientOptions): Client {
  const calls = createCalls(createRequests(options));
  const { json } = calls;
  return {
    ...createRunCalls(calls, options),
    approvals: createApprovalCalls(calls),
    schedules: createScheduleCalls(calls),
    files: createFileCalls(calls),
    readiness: (call = {}) => json('readiness', { ...call, alsoOk: [503], retries: 0 }),
    signInWays: (call = {}) => json('getSignIn', call),
    system: (call = {}) => json('getSystem', call),
    tools: (call = {}) => json('listTools', call),
    agents: (call = {}) => json('listAgents', call),
    apiKeys: createApiKeyCalls(calls),
    shareLinks: createShareLinkCalls(calls),
    audit: (filter = {}, call = {}) =>
      listing(
        (cursor = filter.cursor) =>
          json<AuditList>('listAudit', { ...call, query: queryOf({ ...filter, cursor }) }),
        ({ entries }) => entries,
      ),
    webhookSecret: (url, call = {}) =>
      json('getWebhookSecret', { ...call, query: new URLSearchParams({ url }) }),
  };
}
