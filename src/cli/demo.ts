/** `npm run demo`: a real job on real data, shown live. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pc from 'picocolors';
import { planSchema } from '../../contracts/plan.js';
import { createClient, PerdureApiError, type Client } from '../client/client.js';
import { processEnvironment, readConfig, type Config } from '../config/env.js';
import { builtRoot, onProgress } from '../stack/main.js';
import { startStack } from '../stack/start-stack.js';
import { CliError, exitCodes } from './exit-codes.js';
import { createPlainView } from './progress/plain-view.js';

const example = path.resolve(builtRoot, '..', 'examples', 'seattle-weather');

export async function main(): Promise<void> {
  const config = readConfig();
  const running = `http://127.0.0.1:${config.port}`;
  if (await isPerdure(running)) {
    console.log(pc.dim(`using the perdure that runs at ${running}`));
    await demonstrate(running, config.token);
    return;
  }
  const interrupted = new AbortController();
  const stop = (): void => {
    console.log(pc.dim('\nstopping'));
    interrupted.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  try {
    await demonstrateOn(config, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** Brings a perdure of its own, and lets it go again. */
async function demonstrateOn(config: Config, signal: AbortSignal): Promise<void> {
  const stack = await startStack({
    config,
    env: processEnvironment(),
    builtRoot,
    onProgress,
    signal,
  });
  try {
    await demonstrate(stack.apiUrl, config.token, signal);
    console.log(
      `\nThe addresses answer while perdure runs: ${pc.bold('npm start')} brings it back, with this run.`,
    );
  } finally {
    await stack.release();
  }
}

async function isPerdure(url: string): Promise<boolean> {
  try {
    const response = await fetch(new URL('/healthz', url), { signal: AbortSignal.timeout(2_000) });
    const body = (await response.json()) as { service?: unknown };
    return response.ok && body.service === 'perdure';
  } catch {
    return false;
  }
}

async function demonstrate(url: string, token: string | null, signal?: AbortSignal): Promise<void> {
  const client = createClient({ baseUrl: url, token: token ?? undefined });
  const plan = planSchema.parse(JSON.parse(await readFile(path.join(example, 'plan.json'), 'utf8')));
  const content = await readFile(path.join(example, 'data', 'seattle-weather.csv'), 'utf8');
  const run = await client
    .submit({
      goal: 'Report on four years of weather in Seattle',
      plan,
      inputs: { files: [{ path: 'input/seattle-weather.csv', content }] },
      metadata: { example: 'seattle-weather' },
    })
    .catch((error: unknown) => {
      if (!(error instanceof PerdureApiError)) throw error;
      const advice =
        error.status === 401 ? '; set PERDURE_TOKEN to a token or an API key (perdure keys create)' : '';
      throw new CliError(`the demo's run is refused: ${error.message}${advice}`, exitCodes.failed, {
        cause: error,
      });
    });
  console.log(`${pc.bold('run')} ${run.id}  ${pc.dim(run.goal)}`);
  const view = createPlainView(process.stdout);
  for await (const event of client.events(run.id, { signal })) view.show(event);
  await report(client, url, run.id);
}

async function report(client: Client, url: string, id: string): Promise<void> {
  const run = await client.get(id);
  if (run.status !== 'completed') throw new Error(`the demo's run ended as ${run.status}`);
  const { files } = await client.files.list(id);
  console.log(`\n${pc.bold('workspace')}`);
  for (const file of files) console.log(`  ${file.path}  ${pc.dim(`${file.bytes} bytes`)}`);
  const text = await (await client.files.get(id, 'report.md')).text();
  console.log(`\n${text.split('\n').slice(0, 8).join('\n')}\n${pc.dim('...')}`);
  console.log(`\nthe run      ${pc.cyan(new URL(run.links.self, url).href)}`);
  for (const path of ['report.md', 'chart.svg'])
    console.log(`${path.padEnd(11)}  ${pc.cyan(new URL(`${run.links.files}/${path}`, url).href)}`);
  if (run.links.temporal !== null) console.log(`in Temporal  ${pc.cyan(run.links.temporal)}`);
}
