/** The HTTP contract: the table of routes. What they answer is in answers.ts. */
import type { Scope } from './principal.js';

export type {
  AgentList,
  ApiKeyList,
  BatchAnswer,
  BatchResult,
  EventPage,
  FileInfo,
  FileList,
  Health,
  Index,
  NewApiKeyAnswer,
  Problem,
  Readiness,
  RunList,
  StreamTicket,
  ToolDescription,
  ToolList,
} from './answers.js';

/**
 * Every call: `{name}` stands for one encoded segment, `{path}` for one or more. `scope` is what its caller must
 * have; null where anybody may call.
 */
export const api = {
  index: { method: 'GET', path: '/', scope: null },
  health: { method: 'GET', path: '/healthz', scope: null },
  readiness: { method: 'GET', path: '/readyz', scope: null },
  openApi: { method: 'GET', path: '/openapi.json', scope: null },
  getSignIn: { method: 'GET', path: '/v1/sign-in', scope: null },
  // These two are of the whole system and no tenant's: whoever may read them is decided apart from the tenants' scopes.
  metrics: { method: 'GET', path: '/metrics', scope: null },
  getSystem: { method: 'GET', path: '/v1/system', scope: null },
  listTools: { method: 'GET', path: '/v1/tools', scope: 'read' },
  listAgents: { method: 'GET', path: '/v1/agents', scope: 'read' },
  submitRun: { method: 'POST', path: '/v1/runs', scope: 'write' },
  // Before the calls of one run: its address would fit theirs.
  submitBatch: { method: 'POST', path: '/v1/runs/batch', scope: 'write' },
  listRuns: { method: 'GET', path: '/v1/runs', scope: 'read' },
  getStatistics: { method: 'GET', path: '/v1/statistics', scope: 'read' },
  getRun: { method: 'GET', path: '/v1/runs/{id}', scope: 'read' },
  getPlan: { method: 'GET', path: '/v1/runs/{id}/plan', scope: 'read' },
  changePlan: { method: 'PATCH', path: '/v1/runs/{id}/plan', scope: 'write' },
  streamEvents: { method: 'GET', path: '/v1/runs/{id}/events', scope: 'read' },
  whyRun: { method: 'GET', path: '/v1/runs/{id}/why', scope: 'read' },
  cancelRun: { method: 'POST', path: '/v1/runs/{id}/cancel', scope: 'write' },
  pauseRun: { method: 'POST', path: '/v1/runs/{id}/pause', scope: 'write' },
  resumeRun: { method: 'POST', path: '/v1/runs/{id}/resume', scope: 'write' },
  retryRun: { method: 'POST', path: '/v1/runs/{id}/retry', scope: 'write' },
  forkRun: { method: 'POST', path: '/v1/runs/{id}/fork', scope: 'write' },
  sendMessage: { method: 'POST', path: '/v1/runs/{id}/messages', scope: 'write' },
  listRunApprovals: { method: 'GET', path: '/v1/runs/{id}/approvals', scope: 'read' },
  decideApproval: { method: 'POST', path: '/v1/runs/{id}/approvals/{approvalId}', scope: 'write' },
  listCallbacks: { method: 'GET', path: '/v1/runs/{id}/callbacks', scope: 'write' },
  callBack: { method: 'POST', path: '/v1/callbacks', scope: null },
  listApprovals: { method: 'GET', path: '/v1/approvals', scope: 'read' },
  createSchedule: { method: 'POST', path: '/v1/schedules', scope: 'write' },
  listSchedules: { method: 'GET', path: '/v1/schedules', scope: 'read' },
  getSchedule: { method: 'GET', path: '/v1/schedules/{scheduleId}', scope: 'read' },
  changeSchedule: { method: 'PATCH', path: '/v1/schedules/{scheduleId}', scope: 'write' },
  deleteSchedule: { method: 'DELETE', path: '/v1/schedules/{scheduleId}', scope: 'write' },
  pauseSchedule: { method: 'POST', path: '/v1/schedules/{scheduleId}/pause', scope: 'write' },
  resumeSchedule: { method: 'POST', path: '/v1/schedules/{scheduleId}/resume', scope: 'write' },
  triggerSchedule: { method: 'POST', path: '/v1/schedules/{scheduleId}/trigger', scope: 'write' },
  listFiles: { method: 'GET', path: '/v1/runs/{id}/files', scope: 'read' },
  getFile: { method: 'GET', path: '/v1/runs/{id}/files/{path}', scope: 'read' },
  putFile: { method: 'PUT', path: '/v1/runs/{id}/files/{path}', scope: 'write' },
  deleteFile: { method: 'DELETE', path: '/v1/runs/{id}/files/{path}', scope: 'write' },
  presignFile: { method: 'POST', path: '/v1/runs/{id}/files/{path}', scope: 'write' },
  createStreamTicket: { method: 'POST', path: '/v1/runs/{id}/stream-tickets', scope: 'read' },
  createShareLink: { method: 'POST', path: '/v1/runs/{id}/share-links', scope: 'write' },
  listShareLinks: { method: 'GET', path: '/v1/runs/{id}/share-links', scope: 'write' },
  revokeShareLink: { method: 'DELETE', path: '/v1/runs/{id}/share-links/{keyId}', scope: 'write' },
  createApiKey: { method: 'POST', path: '/v1/api-keys', scope: 'admin' },
  listApiKeys: { method: 'GET', path: '/v1/api-keys', scope: 'admin' },
  getWebhookSecret: { method: 'GET', path: '/v1/webhook-secret', scope: 'admin' },
  revokeApiKey: { method: 'DELETE', path: '/v1/api-keys/{keyId}', scope: 'admin' },
  listAudit: { method: 'GET', path: '/v1/audit', scope: 'audit' },
} as const satisfies Record<string, { method: string; path: string; scope: Scope | null }>;

export type RouteName = keyof typeof api;

/** The address of a call, its parameters encoded; slashes in `path` stay. */
export function addressOf(route: RouteName, parameters: Record<string, string> = {}): string {
  return api[route].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    (parameters[name] ?? '').split('/').map(encodeURIComponent).join('/'),
  );
}
