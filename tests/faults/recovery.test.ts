/** What a killed worker held runs again, and soon. How soon is measured by benchmarks/recovery.ts. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../contracts/events.js';
import { PerdureProcess, temporaryDirectory } from '../e2e/support/perdure-process.js';
import { startHoldingServer } from './support/holding-server.js';

test(
  'a start gives back what the worker before it held, and waits for no time-out',
  { timeout: 180_000 },
  async () => {
    const [held, place] = [await startHoldingServer(), await temporaryDirectory()];
    const env = { PERDURE_HTTP_ALLOW: held.host };
    let perdure = await PerdureProcess.start(place.directory, env);
    try {
      const run = await perdure.client.submit({
        goal: 'be held',
        plan: {
          steps: ['a', 'b'].map((id) => ({ id, tool: 'http_fetch', args: { url: held.url(`/${id}`) } })),
        },
      });
      await Promise.all([held.nthRequest('/a', 1), held.nthRequest('/b', 1)]);
      await perdure.killTree();
      perdure = await PerdureProcess.start(place.directory, env);
      await Promise.all([held.nthRequest('/a', 2), held.nthRequest('/b', 2)]);
      held.letGo('/a');
      held.letGo('/b');
      const events: RunEvent[] = [];
      for await (const event of perdure.client.events(run.id)) if ('seq' in event) events.push(event);
      expect(events.at(-1)?.type).toBe('run.completed');
      const starts = events.filter((e) => e.type === 'step.started');
      expect(starts.map(({ stepId, attempt }) => `${stepId} ${attempt}`).sort()).toEqual([
        'a 1',
        'a 2',
        'b 1',
        'b 2',
      ]);
      // On a busy machine Temporal may have found out by itself before it was told: then it is none.
      const log = await readFile(path.join(place.directory, 'logs', 'perdure.log'), 'utf8');
      expect(log).toMatch(/"activities":[012],.*"what the former worker held runs again"/);
    } finally {
      await perdure.stop();
      await held.close();
      await place.remove();
    }
  },
);
