/** Answers the probes of a worker process, and tells its metrics; it has no other HTTP. */
import http from 'node:http';
import { withDeadline } from '../../contracts/deadline.js';
import type { Logger } from '../ports/logger.js';

export interface WorkerHealth {
  /** How far the start is: the last look at what the worker stands on. */
  start: () => { done: boolean; parts: readonly { name: string; state: string; detail: string }[] };
  /** Whether the server sees this worker poll; asked of the server, never of the worker. */
  isPolling: () => Promise<boolean>;
  draining: () => boolean;
  /** What has been measured, for whoever may read it by this Authorization header. */
  metrics: {
    contentType: string;
    text(): Promise<string>;
    mayRead(authorization: string | undefined): boolean;
    /** Told what Temporal sees, before they are read; null where it does not say. */
    polling(seen: boolean | null): void;
  };
}

interface Answer {
  status: number;
  body: object | string;
}

/** Milliseconds that Temporal gets to say whether it sees us. */
const ASK_MS = 5_000;

export function createHealthServer(health: WorkerHealth, logger: Logger): http.Server {
  const readiness = async (): Promise<Answer> => {
    const { done } = health.start();
    const detail = health.draining()
      ? 'shutting down'
      : done
        ? await pollingDetail(health, logger)
        : 'the start is not done; /startupz says what it waits for';
    return {
      status: detail === null ? 200 : 503,
      body: { ready: detail === null, detail: detail ?? 'polls' },
    };
  };
  const metrics = async ({ headers }: http.IncomingMessage): Promise<Answer> => {
    if (!health.metrics.mayRead(headers.authorization))
      return {
        status: 401,
        body: { detail: 'metrics are read with "Authorization: Bearer" and PERDURE_METRICS_TOKEN' },
      };
    health.metrics.polling(health.start().done ? await seenPolling(health, logger) : false);
    return { status: 200, body: await health.metrics.text() };
  };
  const answers: Record<string, (req: http.IncomingMessage) => Answer | Promise<Answer>> = {
    '/healthz': () => ({
      status: 200,
      body: { status: 'ok', service: 'perdure-worker', draining: health.draining() },
    }),
    '/startupz': () => {
      const { done, parts } = health.start();
      return { status: done ? 200 : 503, body: { started: done, parts } };
    },
    '/readyz': readiness,
    '/metrics': metrics,
  };
  return http.createServer((req, res) => {
    const answer = answers[req.url?.split('?')[0] ?? ''];
    const send = ({ status, body }: Answer): void => {
      const isText = typeof body === 'string';
      res.writeHead(status, {
        'content-type': isText ? health.metrics.contentType : 'application/json',
        'cache-control': 'no-store',
        ...(status === 401 ? { 'www-authenticate': 'Bearer realm="perdure"' } : {}),
      });
      res.end(isText ? body : `${JSON.stringify(body)}\n`);
    };
    if (answer === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) {
      send({ status: 404, body: { paths: Object.keys(answers) } });
      return;
    }
    void Promise.resolve(answer(req)).then(send);
  });
}

/** @returns null when the server sees us */
async function pollingDetail(health: WorkerHealth, logger: Logger): Promise<string | null> {
  switch (await seenPolling(health, logger)) {
    case true:
      return null;
    case false:
      return 'Temporal does not see this worker poll';
    case null:
      return 'Temporal does not say whether this worker polls';
  }
}

/** @returns null where the server does not say */
async function seenPolling({ isPolling }: WorkerHealth, logger: Logger): Promise<boolean | null> {
  try {
    return await withDeadline(isPolling(), ASK_MS, `${ASK_MS / 1_000} seconds`);
  } catch (error) {
    logger.warn({ err: error }, 'Temporal could not be asked whether this worker polls');
    return null;
  }
}
