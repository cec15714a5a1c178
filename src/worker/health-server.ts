/** Answers the probes of a worker process; it has no other HTTP. */
import http from 'node:http';
import { withDeadline } from '../../contracts/deadline.js';
import type { Logger } from '../ports/logger.js';

export interface WorkerHealth {
  /** How far the start is: the last look at what the worker stands on. */
  start: () => { done: boolean; parts: readonly { name: string; state: string; detail: string }[] };
  /** Whether the server sees this worker poll; asked of the server, never of the worker. */
  isPolling: () => Promise<boolean>;
  draining: () => boolean;
}

interface Answer {
  status: number;
  body: object;
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
  const answers: Record<string, () => Answer | Promise<Answer>> = {
    '/healthz': () => ({
      status: 200,
      body: { status: 'ok', service: 'perdure-worker', draining: health.draining() },
    }),
    '/startupz': () => {
      const { done, parts } = health.start();
      return { status: done ? 200 : 503, body: { started: done, parts } };
    },
    '/readyz': readiness,
  };
  return http.createServer((req, res) => {
    const answer = answers[req.url?.split('?')[0] ?? ''];
    const send = ({ status, body }: Answer): void => {
      res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      res.end(`${JSON.stringify(body)}\n`);
    };
    if (answer === undefined || (req.method !== 'GET' && req.method !== 'HEAD')) {
      send({ status: 404, body: { paths: Object.keys(answers) } });
      return;
    }
    void Promise.resolve(answer()).then(send);
  });
}

/** @returns null when the server sees us */
async function pollingDetail({ isPolling }: WorkerHealth, logger: Logger): Promise<string | null> {
  try {
    const sees = await withDeadline(isPolling(), ASK_MS, `${ASK_MS / 1_000} seconds`);
    return sees ? null : 'Temporal does not see this worker poll';
  } catch (error) {
    logger.warn({ err: error }, 'Temporal could not be asked whether this worker polls');
    return 'Temporal does not say whether this worker polls';
  }
}
