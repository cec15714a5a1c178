/** The HTTP server's application: every middleware and route in its order. */
import type { ServerOptions } from 'node:http';
import express, { type Express } from 'express';
import { noTracer } from '../ports/no-tracer.js';
import { tellFailure } from './audit/audit-trail.js';
import { contextOf, type ApiDependencies } from './context.js';
import { mountConsole } from './console-page.js';
import { mountDocs } from './docs-page.js';
import { createAccessLog } from './middleware/access-log.js';
import { createCors } from './middleware/cors.js';
import { createHostGuard } from './middleware/hosts.js';
import { createJsonBody } from './middleware/json-body.js';
import { notFound } from './middleware/not-found.js';
import { originForm } from './middleware/origin-form.js';
import { createProblemHandler } from './middleware/problem.js';
import { requestId } from './middleware/request-id.js';
import { createRequestTrace } from './middleware/request-trace.js';
import { securityHeaders } from './middleware/security-headers.js';
import { createRequestMeter } from './middleware/request-meter.js';
import { mount } from './mount.js';
import { createReadinessCheck } from './readiness.js';
import { createListAgentsRoute } from './routes/agents.js';
import { createListAuditRoute } from './routes/audit.js';
import {
  createCreateApiKeyRoute,
  createListApiKeysRoute,
  createRevokeApiKeyRoute,
} from './routes/api-keys.js';
import { createCallBackRoute, createListCallbacksRoute } from './routes/callbacks.js';
import {
  createDecideRoute,
  createListApprovalsRoute,
  createListRunApprovalsRoute,
} from './routes/approvals.js';
import { createEventsRoute } from './routes/events.js';
import {
  createDeleteFileRoute,
  createGetFileRoute,
  createListFilesRoute,
  createPutFileRoute,
} from './routes/files.js';
import { createForkRoute, createRetryRoute } from './routes/forks.js';
import { createHealthRoute, createIndexRoute, createReadinessRoute } from './routes/health.js';
import { createMetricsRoute } from './routes/metrics.js';
import { createChangePlanRoute, createGetPlanRoute } from './routes/plans.js';
import { createSendMessageRoute } from './routes/messages.js';
import { createOpenApiRoute } from './routes/openapi.js';
import { createPresignRoute } from './routes/presigned-files.js';
import { createBatchRoute } from './routes/run-batches.js';
import {
  createCancelRoute,
  createPauseRoute,
  createResumeRoute,
  createGetRunRoute,
  createListRunsRoute,
  createSubmitRoute,
} from './routes/runs.js';
import {
  createChangeScheduleRoute,
  createCreateScheduleRoute,
  createDeleteScheduleRoute,
  createGetScheduleRoute,
  createListSchedulesRoute,
  createPauseScheduleRoute,
  createResumeScheduleRoute,
  createTriggerScheduleRoute,
} from './routes/schedules.js';
import {
  createCreateShareLinkRoute,
  createListShareLinksRoute,
  createRevokeShareLinkRoute,
} from './routes/share-links.js';
import { createSignInWaysRoute } from './routes/sign-in.js';
import { createStatisticsRoute } from './routes/statistics.js';
import { createStreamTicketRoute } from './routes/stream-tickets.js';
import { createSystemRoute } from './routes/system.js';
import { createListToolsRoute } from './routes/tools.js';
import { createWebhookSecretRoute } from './routes/webhook-secret.js';
import { createWhyRoute } from './routes/why.js';
import { serverOptionsOf } from './server-options.js';
import { createSystemWatch } from './system-watch.js';
import { createWorkerWatch } from './worker-watch.js';

export interface App {
  app: Express;
  /** What the HTTP server should be made with; without them it works too, and streams cost more memory. */
  serverOptions: ServerOptions;
  /** From now on: not ready, no new runs or streams, open streams end. */
  drain: () => void;
}

export function createApp(deps: ApiDependencies): App {
  const draining = new AbortController();
  const context = contextOf(deps, draining.signal);
  const workers = createWorkerWatch(context.engine);
  const readiness = createReadinessCheck(context, workers);
  const system = createSystemWatch(context, readiness);
  const json = createJsonBody(context.limits.maxBodyBytes);
  const app = express();
  app.disable('x-powered-by');
  // Files have tags of their own; everything else is asked for anew.
  app.disable('etag');
  app.enable('case sensitive routing');
  if (context.trustedProxies.length > 0) app.set('trust proxy', [...context.trustedProxies]);
  app.use(originForm, requestId, securityHeaders);
  // What is in no trace pays nothing for one: a stream keeps what is to be told of its end.
  if (context.tracer !== noTracer) app.use(createRequestTrace(context.tracer));
  app.use(createAccessLog(context.logger, context.tracer));
  app.use(createRequestMeter(context.meter));
  app.use(createHostGuard(context.allowedHosts, context.corsOrigins), ...createCors(context.corsOrigins));
  mount(app, context, {
    index: createIndexRoute(context),
    health: createHealthRoute(context),
    readiness: createReadinessRoute(readiness),
    openApi: createOpenApiRoute(),
    metrics: createMetricsRoute(context, system),
    getSignIn: createSignInWaysRoute(context),
    getSystem: createSystemRoute(context, system),
    listAgents: createListAgentsRoute(context),
    listTools: createListToolsRoute(context),
    submitRun: [...json, createSubmitRoute(context, workers)],
    submitBatch: [...json, createBatchRoute(context, workers)],
    listRuns: createListRunsRoute(context),
    getStatistics: createStatisticsRoute(context),
    getRun: createGetRunRoute(context),
    getPlan: createGetPlanRoute(context),
    changePlan: [...json, createChangePlanRoute(context)],
    streamEvents: createEventsRoute(context),
    whyRun: createWhyRoute(context),
    cancelRun: [...json, createCancelRoute(context)],
    retryRun: [...json, createRetryRoute(context, workers)],
    forkRun: [...json, createForkRoute(context, workers)],
    sendMessage: [...json, createSendMessageRoute(context)],
    listRunApprovals: createListRunApprovalsRoute(context),
    decideApproval: [...json, createDecideRoute(context)],
    listApprovals: createListApprovalsRoute(context),
    listCallbacks: createListCallbacksRoute(context),
    callBack: [...json, createCallBackRoute(context)],
    pauseRun: [...json, createPauseRoute(context)],
    resumeRun: [...json, createResumeRoute(context)],
    createSchedule: [...json, createCreateScheduleRoute(context)],
    listSchedules: createListSchedulesRoute(context),
    getSchedule: createGetScheduleRoute(context),
    changeSchedule: [...json, createChangeScheduleRoute(context)],
    deleteSchedule: createDeleteScheduleRoute(context),
    pauseSchedule: [...json, createPauseScheduleRoute(context)],
    resumeSchedule: [...json, createResumeScheduleRoute(context)],
    triggerSchedule: [...json, createTriggerScheduleRoute(context)],
    listFiles: createListFilesRoute(context),
    getFile: createGetFileRoute(context),
    putFile: createPutFileRoute(context),
    deleteFile: createDeleteFileRoute(context),
    presignFile: [...json, createPresignRoute(context)],
    createStreamTicket: createStreamTicketRoute(context),
    createShareLink: [...json, createCreateShareLinkRoute(context)],
    listShareLinks: createListShareLinksRoute(context),
    revokeShareLink: createRevokeShareLinkRoute(context),
    createApiKey: [...json, createCreateApiKeyRoute(context)],
    listApiKeys: createListApiKeysRoute(context),
    revokeApiKey: createRevokeApiKeyRoute(context),
    getWebhookSecret: createWebhookSecretRoute(context),
    listAudit: createListAuditRoute(context),
  });
  mountDocs(app);
  mountConsole(app, context.consoleFolder, context.signInWays.supabase?.url ?? null);
  app.use(notFound);
  app.use(
    createProblemHandler(context.logger, (req, res, error) => {
      tellFailure(context, req, res, error);
    }),
  );
  return {
    app,
    serverOptions: serverOptionsOf(app),
    drain: () => {
      draining.abort();
    },
  };
}
