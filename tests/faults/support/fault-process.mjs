// @ts-check
/* global fetch, AbortController */
/**
 * `node fault-process.mjs api|worker`: perdure's process as it is built, with two tools that leave a trace outside:
 * COUNTER is told of each act by a POST, and counts. Its types are checked: it broke twice with what it starts.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { env } from 'node:process';
import { poisonTools } from './poison-tools.mjs';
import { setTimeout as sleep } from 'node:timers/promises';

const dist = path.resolve(
  import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname),
  '../../../dist',
);
/** @param {string} file */
const load = (file) => import(pathToFileURL(path.join(dist, file)).href);
/** @type {typeof import('../../../src/config/env.js')} */
const { readConfig } = await load('src/config/env.js');
/** @type {typeof import('../../../src/stack/process-log.js')} */
const { openOutputLog } = await load('src/stack/process-log.js');
/** @type {typeof import('../../../src/adapters/pino/logger.js')} */
const { createLogger } = await load('src/adapters/pino/logger.js');
/** @type {typeof import('../../../src/stack/start-api.js')} */
const { startApi } = await load('src/stack/start-api.js');
/** @type {typeof import('../../../src/stack/start-worker.js')} */
const { startWorker } = await load('src/stack/start-worker.js');
/** @type {typeof import('../../../src/tools/tool.js')} */
const { defineTool } = await load('src/tools/tool.js');
/** @type {typeof import('../../../contracts/errors.js')} */
const { PerdureError } = await load('contracts/errors.js');
const { z } = await import('zod');

/** @type {(name: string, effect: 'reversible' | 'irreversible') => import('../../../src/tools/tool.js').Tool} */
const acting = (name, effect) =>
  defineTool({
    name,
    description: 'acts on the outside, and takes its time before and after',
    args: z.strictObject({ key: z.string(), beforeMs: z.number(), afterMs: z.number() }),
    effect,
    timeoutSeconds: 30,
    async execute({ key, beforeMs, afterMs }, { signal }) {
      await sleep(beforeMs, undefined, { signal });
      try {
        await fetch(`${env.COUNTER}/${key}`, { method: 'POST', signal });
      } catch (error) {
        throw new PerdureError('tool_unavailable', 'the counter does not answer', { cause: error });
      }
      await sleep(afterMs, undefined, { signal });
      return { output: key };
    },
  });
const putOut = defineTool({
  name: 'put_out',
  timeoutSeconds: 60,
  description: 'has an output of so many bytes',
  args: z.strictObject({ bytes: z.number() }),
  effect: 'reversible',
  execute: ({ bytes }) => Promise.resolve({ output: { text: 'x'.repeat(bytes) } }),
});
const tools = [
  putOut,
  acting('act_once', 'irreversible'),
  acting('act_again', 'reversible'),
  ...poisonTools({ defineTool, z }),
];

const config = readConfig();
// The SDK's own words would be too many; ours on each activity are what a storm's recoveries are counted by.
await openOutputLog(config, true, null);
const logger = createLogger([{ level: 'debug', stream: process.stdout }]);
const { signal } = new AbortController();
if (process.argv[2] === 'api') await startApi(config, logger, signal, tools);
else await startWorker(config, dist, logger, signal, tools);
