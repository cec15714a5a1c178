/**
 * Does the console stay smooth with much to show? A list of 10,000 runs that is scrolled, and a run of 1,000 steps that is
 * followed while it is carried out, and looked at afterwards. The page is the real one in a real browser, over a perdure as
 * a user starts it: API, worker, Temporal and Postgres are processes beside it. The runs of the list are rows in that
 * Postgres; the run of many steps is a real one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import pg from 'pg';
import { findRunningPostgres } from '../src/adapters/embedded/running-postgres.js';
import { findChromium, openBrowser } from '../tests/e2e/support/chromium.js';
import { PerdureProcess, temporaryDirectory } from '../tests/e2e/support/perdure-process.js';
import { quantile, rounded } from './support/statistics.js';

export interface ConsoleOptions {
  runs?: number;
  steps?: number;
}

const SCROLLS = 60;
/** In which the page of the run is opened before its many steps begin. */
const HEAD_START_SECONDS = 4;

export async function run({ runs = 10_000, steps = 1_000 }: ConsoleOptions = {}): Promise<{
  rows: Record<string, string | number>[];
}> {
  const program = findChromium();
  if (program === null) throw new Error('there is no Chromium on this machine (apt-get install chromium)');
  const temporary = await temporaryDirectory();
  const perdure = await PerdureProcess.start(temporary.directory);
  const browser = await openBrowser(program);
  try {
    await fill(temporary.directory, runs);
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    const rows: Record<string, string | number>[] = [];
    const measure = async (what: string, act: () => Promise<void>): Promise<void> => {
      await page.evaluate(recorder);
      await act();
      rows.push({ what, ...(await measuredBy(page)) });
    };
    await page.goto(`${perdure.url}/console`);
    await page.getByRole('link', { name: 'Run 1', exact: true }).waitFor();
    await measure(`list of ${runs} runs, scrolled to its end`, () => scrollToEnd(page, '.run-scroll', runs));

    const { id } = await perdure.client.submit({
      goal: 'A run of many steps',
      plan: { steps: planOf(steps) },
    });
    await page.goto(`${perdure.url}/console/runs/${id}`);
    await page.locator('[data-step="s1"]').waitFor();
    await measure(`run of ${steps} steps, followed live`, async () => {
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 300_000 });
      await sleep(1_000);
    });
    const ended = await perdure.client.get(id);
    if (ended.status !== 'completed' || ended.usage.steps !== steps)
      throw new Error(`the run is ${ended.status} after ${ended.usage.steps} steps`);
    for (const tab of ['timeline', 'graph', 'events']) {
      const place =
        { timeline: '.timeline-scroll', graph: '.graph-scroll', events: '.events-scroll' }[tab] ?? '';
      await page.goto(`${perdure.url}/console/runs/${id}?tab=${tab}`);
      await page.locator(place).waitFor();
      await page.getByText('Completed', { exact: true }).first().waitFor();
      await measure(`run of ${steps} steps, ${tab} scrolled`, () => scroll(page, place));
    }
    return { rows };
  } finally {
    await browser.close();
    await perdure.stop();
    await temporary.remove();
  }
}

/** Ended runs of the last weeks, as the list meets them. */
async function fill(dataDir: string, runs: number): Promise<void> {
  const address = await findRunningPostgres(dataDir);
  if (address === null) throw new Error('the database of perdure is not to be found');
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(
    `insert into perdure.runs (id, tenant_id, status, goal, agent, metadata, created_at, started_at, finished_at, last_seq)
     select gen_random_uuid(), 'local',
       (array['completed', 'completed', 'completed', 'failed', 'cancelled'])[1 + n % 5], 'Run ' || n, 'default',
       jsonb_build_object('customer', (n % 100)::text), now() - n * interval '2 minutes',
       now() - n * interval '2 minutes', now() - n * interval '2 minutes' + interval '10 seconds', 1
     from generate_series(1, $1::integer) as n`,
    [runs],
  );
  await client.query('vacuum analyze perdure.runs');
  await client.end();
}

/** Ten rows of steps side by side, behind one that lets the page be opened first. */
const planOf = (steps: number) => [
  { id: 's0', tool: 'wait', args: { seconds: HEAD_START_SECONDS } },
  ...Array.from({ length: steps - 1 }, (_, i) => ({
    id: `s${i + 1}`,
    tool: 'echo',
    args: { number: i + 1 },
    dependsOn: [i < 10 ? 's0' : `s${i - 9}`],
  })),
];

/** Notes the time of each frame, and each task that has kept the page from anything else for 50 ms or more. */
const recorder = `
  window.measured?.observer.disconnect();
  window.measured = { frames: [], tasks: [], on: true };
  window.measured.observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.measured.tasks.push(duration);
  });
  window.measured.observer.observe({ type: 'longtask' });
  (() => {
    const mine = window.measured;
    let last = performance.now();
    const frame = (now) => {
      mine.frames.push(now - last);
      last = now;
      if (mine === window.measured) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })();
`;

async function measuredBy(page: Page): Promise<Record<string, string | number>> {
  const { frames, tasks } = await page.evaluate<{ frames: number[]; tasks: number[] }>(
    '({ frames: window.measured.frames.slice(1), tasks: window.measured.tasks })',
  );
  const ms = (value: number): number => rounded(value);
  return {
    frames: frames.length,
    'median ms': ms(quantile(frames, 0.5)),
    'p95 ms': ms(quantile(frames, 0.95)),
    'longest ms': ms(Math.max(...frames)),
    'long tasks': tasks.length,
    'longest task ms': tasks.length === 0 ? 0 : ms(Math.max(...tasks)),
  };
}

/** As a wheel does it, a screen at a time. */
async function scroll(page: Page, place: string): Promise<void> {
  await page.locator(place).hover();
  for (let i = 0; i < SCROLLS; i += 1) {
    await page.mouse.wheel(0, 700);
    await sleep(40);
  }
}

/** Older pages are asked for on the way. */
async function scrollToEnd(page: Page, place: string, rows: number): Promise<void> {
  await page.locator(place).hover();
  for (;;) {
    await page.mouse.wheel(0, 12_000);
    await sleep(30);
    const shown = await page.evaluate<number>(
      `Number(document.querySelector('[role="table"]').getAttribute('aria-rowcount')) - 1`,
    );
    const atEnd = await page.evaluate<boolean>(
      `(({ scrollTop, clientHeight, scrollHeight }) => scrollTop + clientHeight > scrollHeight - 4)(document.querySelector('${place}'))`,
    );
    if (shown >= rows && atEnd) return;
  }
}
