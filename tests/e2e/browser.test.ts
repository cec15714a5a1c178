/** A page in a real browser follows a run while the server under it is killed and started again. */
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { expect, test } from 'vitest';
import { runEventSchema, type RunEvent } from '../../contracts/events.js';
import type { Plan } from '../../contracts/plan.js';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { findChromium, openBrowser } from './support/chromium.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const program = findChromium();
if (program === null) console.log('skipped: there is no Chromium on this machine (apt-get install chromium)');

/** Some seconds long, in small steps. */
const plan: Plan = {
  steps: Array.from({ length: 40 }, (_, i) => ({
    id: `s${i}`,
    ...(i % 2 === 0
      ? { tool: 'echo', args: { text: `schön ${i}` } }
      : { tool: 'wait', args: { seconds: 0.4 } }),
    ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
  })),
};

const hows = ['EventSource', 'perdure/client'] as const;

/** What the page does: each way of following a run fills a list of its own. */
const script = (types: readonly string[]): string => `
  import { createClient } from '/client.js';
  window.got = { EventSource: [], 'perdure/client': [] };
  window.breaks = 0;
  window.followByEventSource = (url) => {
    const source = new EventSource(url);
    for (const type of ${JSON.stringify(types)})
      source.addEventListener(type, ({ data }) => window.got.EventSource.push(JSON.parse(data)));
    source.onerror = () => { window.breaks += 1; };
  };
  window.followByClient = async (baseUrl, id) => {
    const onReconnect = () => { window.breaks += 1; };
    for await (const event of createClient({ baseUrl }).events(id, { onReconnect }))
      if ('seq' in event) window.got['perdure/client'].push(event);
  };
  window.ready = true;
`;

test.skipIf(program === null)(
  'EventSource and the client follow runs to their end, over a kill and a restart',
  { timeout: 600_000 },
  async () => {
    const temporary = await temporaryDirectory();
    const site = await startSite();
    const env = {
      PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')),
      PERDURE_CORS_ORIGINS: site.origin,
      PERDURE_TICKET_SECRET: 'the same before and after the restart',
    };
    let perdure = await PerdureProcess.start(temporary.directory, env);
    let browser: Browser | undefined;
    try {
      browser = await openBrowser(program ?? '');
      const page = await browser.newPage();
      await page.goto(site.origin);
      await page.waitForFunction('window.ready');
      const [first, second] = [
        await perdure.client.submit({ goal: 'EventSource', plan }),
        await perdure.client.submit({ goal: 'perdure/client', plan }),
      ];
      const { url } = await perdure.client.streamTicket(first.id);
      await page.evaluate(`void followByEventSource(${JSON.stringify(new URL(url, perdure.url).href)})`);
      await page.evaluate(
        `void followByClient(${JSON.stringify(perdure.url)}, ${JSON.stringify(second.id)})`,
      );
      const runs = { EventSource: first.id, 'perdure/client': second.id };
      for (const how of hows) await page.waitForFunction(`got['${how}'].length > 12`);

      // Everything at once, as when the machine loses its power.
      await perdure.killTree();
      perdure = await PerdureProcess.start(temporary.directory, env);
      for (const how of hows)
        await page.waitForFunction(`got['${how}'].length > 30`, null, { timeout: 60_000 });
      // And in good order, as an update does it.
      expect(await perdure.stop('SIGTERM')).toBe(0);
      perdure = await PerdureProcess.start(temporary.directory, env);

      for (const how of hows) {
        const log = await logOf(perdure, runs[how]);
        expect(log.at(-1)?.type).toBe('run.completed');
        await page.waitForFunction(`got['${how}'].length >= ${log.length}`, null, { timeout: 60_000 });
        expect(await page.evaluate(`got['${how}']`)).toEqual(log);
      }
      expect(await page.evaluate('breaks')).toBeGreaterThanOrEqual(4);
    } finally {
      await browser?.close();
      await perdure.stop();
      await site.close();
      await temporary.remove();
    }
  },
);

async function logOf(perdure: PerdureProcess, id: string): Promise<RunEvent[]> {
  const log: RunEvent[] = [];
  for await (const event of perdure.client.events(id)) if ('seq' in event) log.push(event);
  return log;
}

/** A web site of another origin, with the client as a bundler makes it. */
async function startSite(): Promise<{ origin: string; close: () => Promise<void> }> {
  const { outputFiles } = await build({
    entryPoints: [path.resolve(import.meta.dirname, '../../src/client/client.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const types = runEventSchema.options.map(({ shape }) => shape.type.value);
  const files: Record<string, [string, string]> = {
    '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', script(types)],
    '/client.js': ['text/javascript', outputFiles[0]?.text ?? ''],
  };
  const server = http.createServer((req, res) => {
    const file = files[req.url ?? ''];
    if (file === undefined) res.writeHead(404).end();
    else res.writeHead(200, { 'content-type': file[0] }).end(file[1]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
