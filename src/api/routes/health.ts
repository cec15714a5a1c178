/** Whether the process lives, and whether a run submitted now would move. */
import type { RequestHandler } from 'express';
import { addressOf, type Health, type Index } from '../../../contracts/api.js';
import { CONSOLE_PATH } from '../console-page.js';
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

export function createIndexRoute({ consoleFolder }: ApiContext): RequestHandler {
  const index: Index = {
    name: 'perdure',
    links: {
      runs: addressOf('listRuns'),
      tools: addressOf('listTools'),
      health: addressOf('health'),
      readiness: addressOf('readiness'),
      openApi: addressOf('openApi'),
      docs: '/docs',
      ...(consoleFolder === null ? {} : { console: CONSOLE_PATH }),
    },
  };
  return (req, res) => {
    res.vary('Accept');
    // A browser asks for a page; programs ask for JSON, or for anything.
    if (consoleFolder !== null && req.accepts(['json', 'html']) === 'html')
      res.status(302).location(CONSOLE_PATH).end();
    else res.json(index);
  };
}
