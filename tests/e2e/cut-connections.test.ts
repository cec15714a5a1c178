/** A run followed over a line that breaks two hundred times. */
import { expect, test } from 'vitest';
import type { EventPage } from '../../contracts/api.js';
import type { RunEvent } from '../../contracts/events.js';
import type { PlanStep } from '../../contracts/plan.js';
import { createClient } from '../../src/client/client.js';
import { seededRandom, startCuttingProxy } from './support/cutting-proxy.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const CUTS = 200;
const SEED = 20_261_125;

/**
 * Rows of five, each after the one before, with a timer in every other. What a step reads is of the size of what the
 * line lets through before it breaks.
 */
const steps = Array.from({ length: 120 }, (_, i): PlanStep => {
  const dependsOn = i < 5 ? {} : { dependsOn: [`s${i - 5}`] };
  return i % 10 === 9
    ? { id: `s${i}`, tool: 'wait', args: { seconds: 0.2 }, ...dependsOn }
    : { id: `s${i}`, tool: 'file_read', args: { path: 'in.txt' }, ...dependsOn };
});
const content = 'schön ✓ '.repeat(550);

test(`${CUTS} cuts at random bytes: the client delivers exactly the log`, { timeout: 120_000 }, async () => {
  const temporary = await temporaryDirectory();
  const perdure = await PerdureProcess.start(temporary.directory);
  const proxy = await startCuttingProxy({
    target: Number(new URL(perdure.url).port),
    random: seededRandom(SEED),
    cuts: CUTS,
    maxBytes: 14_000,
  });
  try {
    const client = createClient({ baseUrl: proxy.url, retries: 20 });
    const run = await client.submit(
      { goal: 'over a bad line', plan: { steps }, inputs: { files: [{ path: 'in.txt', content }] } },
      // Without a key it would not be repeated by itself.
      { idempotencyKey: 'cut' },
    );
    const got: RunEvent[] = [];
    let breaks = 0;
    const options = { reconnectMs: 1, onReconnect: () => (breaks += 1) };
    for await (const event of client.events(run.id, options)) if ('seq' in event) got.push(event);
    console.log(`${got.length} events over ${breaks} breaks, ${proxy.cuts()} cuts, seed ${SEED}`);
    expect(proxy.cuts()).toBe(CUTS);
    expect(got).toEqual(await logOf(perdure, run.id));
    expect((await perdure.client.list()).runs).toHaveLength(1);
    expect(got.at(-1)?.type).toBe('run.completed');
  } finally {
    await proxy.close();
    await perdure.stop();
    await temporary.remove();
  }
});

/** By pages, straight from the server. */
async function logOf(perdure: PerdureProcess, id: string): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for (let after: number | null = 0; after !== null;) {
    const answer = await fetch(`${perdure.url}/v1/runs/${id}/events?after=${after}&limit=1000`, {
      headers: { accept: 'application/json' },
    });
    const page = (await answer.json()) as EventPage;
    all.push(...page.events);
    after = page.nextAfter;
  }
  return all;
}
