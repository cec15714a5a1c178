/** Whether the process lives, and whether a run submitted now would move. */
import type { RequestHandler } from 'express';
import { addressOf, type Health, type Index } from '../../../contracts/api.js';
import type { ApiContext } from '../context.js';
import type { ReadinessCheck } from '../readiness.js';

export function createHealthRoute({ bus, draining }: ApiContext): RequestHandler {
  return (_req, res) => {
    const health: Health = {
      status: 'ok',
      service: 'perdure',
      draining: draining.aborted,
      bus: { healthy: bus.healthy(), problem: bus.problem() },
    };
    res.set('Cache-Control', 'no-store').json(health);
  };
}

export function createReadinessRoute(check: ReadinessCheck): RequestHandler {
  return async (_req, res) => {
    const readiness = await check();
    res
      .status(readiness.ready ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json(readiness);
  };
}

export const indexRoute: RequestHandler = (_req, res) => {
  const index: Index = {
    name: 'perdure',
    links: {
      runs: addressOf('listRuns'),
      tools: addressOf('listTools'),
      health: addressOf('health'),
      readiness: addressOf('readiness'),
      openApi: addressOf('openApi'),
      docs: '/docs',
    },
  };
  res.json(index);
};
