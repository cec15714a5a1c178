/** The HTTP contract: the table of routes, and the answers that are not a run or an event themselves. */
import type { ApiKeyInfo } from './api-keys.js';
import type { ErrorCode, FieldError } from './errors.js';
import type { RunEvent } from './events.js';
import type { Scope } from './principal.js';
import type { RunSummary } from './runs.js';

/**
 * Every call: `{name}` stands for one encoded segment, `{path}` for one or more. `scope` is what its caller must
 * have; null where anybody may call.
 */
export const api = {
  index: { method: 'GET', path: '/', scope: null },
  health: { method: 'GET', path: '/healthz', scope: null },
  readiness: { method: 'GET', path: '/readyz', scope: null },
  listTools: { method: 'GET', path: '/v1/tools', scope: 'read' },
  submitRun: { method: 'POST', path: '/v1/runs', scope: 'write' },
  listRuns: { method: 'GET', path: '/v1/runs', scope: 'read' },
  getRun: { method: 'GET', path: '/v1/runs/{id}', scope: 'read' },
  streamEvents: { method: 'GET', path: '/v1/runs/{id}/events', scope: 'read' },
  cancelRun: { method: 'POST', path: '/v1/runs/{id}/cancel', scope: 'write' },
  listFiles: { method: 'GET', path: '/v1/runs/{id}/files', scope: 'read' },
  getFile: { method: 'GET', path: '/v1/runs/{id}/files/{path}', scope: 'read' },
  putFile: { method: 'PUT', path: '/v1/runs/{id}/files/{path}', scope: 'write' },
  deleteFile: { method: 'DELETE', path: '/v1/runs/{id}/files/{path}', scope: 'write' },
  createStreamTicket: { method: 'POST', path: '/v1/runs/{id}/stream-tickets', scope: 'read' },
  createApiKey: { method: 'POST', path: '/v1/api-keys', scope: 'admin' },
  listApiKeys: { method: 'GET', path: '/v1/api-keys', scope: 'admin' },
  revokeApiKey: { method: 'DELETE', path: '/v1/api-keys/{keyId}', scope: 'admin' },
} as const satisfies Record<string, { method: string; path: string; scope: Scope | null }>;

export type RouteName = keyof typeof api;

/** The address of a call, its parameters encoded; slashes in `path` stay. */
export function addressOf(route: RouteName, parameters: Record<string, string> = {}): string {
  return api[route].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    (parameters[name] ?? '').split('/').map(encodeURIComponent).join('/'),
  );
}

/** The body of every answer of 4xx and 5xx; content type application/problem+json (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  /** What the person who meets the error can do. */
  advice: string;
  /** Path of the request. */
  instance?: string;
  requestId: string;
  errors?: FieldError[];
}

export interface RunList {
  /** Newest first; without their plans. */
  runs: RunSummary[];
  /** Opaque; null on the last page. */
  nextCursor: string | null;
}

export interface EventPage {
  events: RunEvent[];
  /** The `after` that asks for what comes next; null once the run's terminal event was given. */
  nextAfter: number | null;
}

/** A file of a run. */
export interface FileInfo {
  path: string;
  bytes: number;
  /** ISO 8601. */
  modifiedAt: string;
  /** Strong, changes with the content; without quotes. */
  etag: string;
}

export interface FileList {
  files: FileInfo[];
}

export interface ToolDescription {
  name: string;
  /** For people and models: what it does and what its output looks like. */
  description: string;
  effect: 'read' | 'reversible' | 'irreversible';
  /** Whether it is done within milliseconds, and costs no round trip to Temporal. */
  quick: boolean;
  /** Seconds one attempt may take. */
  timeoutSeconds: number;
  /** Attempts that a retryable failure gets. */
  maxAttempts: number;
  /** JSON schema of the arguments. */
  inputSchema: Record<string, unknown>;
}

export interface ToolList {
  tools: ToolDescription[];
}

export interface ApiKeyList {
  /** Newest first, the revoked and expired ones too. */
  apiKeys: ApiKeyInfo[];
}

/** A key that was just made; `token` is the key itself, and is never shown again. */
export type NewApiKeyAnswer = ApiKeyInfo & { token: string };

export interface StreamTicket {
  ticket: string;
  /** When it opens no stream any more; ISO 8601. */
  expiresAt: string;
  /** The stream's address with the ticket in it. */
  url: string;
}

/** The answer of /readyz: each part that a run needs. */
export interface Readiness {
  ready: boolean;
  parts: {
    name: string;
    ok: boolean;
    /** Works, but not as well as it should. */
    degraded?: boolean;
    detail: string;
  }[];
  /** Pollers of the run task queue as the Temporal server sees them; null when it cannot be asked. */
  workers: { pollers: number | null };
}
