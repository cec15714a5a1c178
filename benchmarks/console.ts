/**
 * Does the console stay smooth with much to show? A list of 10,000 runs that is scrolled, and a run of 1,000 steps that is
 * opened, scrolled, and followed while it goes on. The page is the real one in a real browser, and so is the API; its
 * stores are in memory, for what a database costs is measured elsewhere.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { v7 } from 'uuid';
import type { NewEvent } from '../contracts/events.js';
import { createLocalEventBus } from '../src/adapters/local/local-event-bus.js';
import { createApp } from '../src/api/create-app.js';
import { createFakes, dependenciesOf, listen } from '../src/api/testing/fakes.js';
import { findChromium, openBrowser } from '../tests/e2e/support/chromium.js';
import { quantile, rounded } from './support/statistics.js';

export interface ConsoleOptions {
  runs?: number;
  steps?: number;
}

const SCROLLS = 60;
const LIVE_MS = 6_000;

export async function run({ runs = 10_000, steps = 1_000 }: ConsoleOptions = {}): Promise<{
  rows: Record<string, string | number>[];
}> {
  const program = findChromium();
  if (program === null) throw new Error('there is no Chromium on this machine (apt-get install chromium)');
  const fakes = createFakes();
  const bus = createLocalEventBus();
  const consoleFolder = path.resolve('dist/console');
  const server = await listen(createApp({ ...dependenciesOf(fakes), bus, consoleFolder }).app);
  const append = async (id: string, events: NewEvent[]): Promise<void> => {
    for (const { event } of await fakes.log.append(id, events)) bus.publish(id, event);
  };
  const make = async (goal: string): Promise<string> => {
    const id = v7();
    const createdAt = new Date().toISOString();
    await fakes.runs.createRun({
      id,
      tenantId: 'local',
      goal,
      agent: 'default',
      metadata: {},
      requestHash: null,
      createdAt,
    });
    return id;
  };
  const browser = await openBrowser(program);
  try {
    for (let i = 0; i < runs; i += 1) await make(`Run ${i}`);
    const whole = await make('A run of many steps');
    await append(whole, [...beginning(steps), ...middle(0, steps), ended()]);
    const live = await make('A run that goes on');
    await append(live, beginning(steps));

    const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    const rows: Record<string, string | number>[] = [];
    const measure = async (what: string, act: () => Promise<void>): Promise<void> => {
      await page.evaluate(recorder);
      await act();
      rows.push({ what, ...(await measuredBy(page)) });
    };
    await page.goto(`${server.url}/console`);
    await page.getByRole('link', { name: 'A run that goes on' }).waitFor();
    await measure(`list of ${runs} runs, scrolled to its end`, () =>
      scrollToEnd(page, '.run-scroll', runs + 2),
    );

    await page.goto(`${server.url}/console/runs/${live}`);
    await page.locator('[data-step="s1"]').waitFor();
    await measure(`run of ${steps} steps, followed live`, async () => {
      const parts = 60;
      for (let part = 0; part < parts; part += 1) {
        await append(
          live,
          middle(Math.floor((part * steps) / parts), Math.floor(((part + 1) * steps) / parts)),
        );
        await sleep(LIVE_MS / parts);
      }
    });
    for (const tab of ['timeline', 'graph', 'events']) {
      const place = { timeline: '.timeline-scroll', graph: '.graph', events: '.events-scroll' }[tab] ?? '';
      await page.goto(`${server.url}/console/runs/${whole}?tab=${tab}`);
      await page.locator(place).waitFor();
      await page.getByText('Completed', { exact: true }).first().waitFor();
      await measure(`run of ${steps} steps, ${tab} scrolled`, () => scroll(page, place));
    }
    return { rows };
  } finally {
    await browser.close();
    await server.close();
  }
}

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

let lastKey = 0;
const event = (type: NewEvent['type'], data: object, more: object = {}): NewEvent =>
  ({ type, key: String((lastKey += 1)), at: new Date().toISOString(), data, ...more }) as NewEvent;

/** Ten rows of steps side by side. */
const beginning = (steps: number): NewEvent[] => [
  event('run.started', {}),
  event('plan.created', {
    version: 1,
    plan: {
      steps: Array.from({ length: steps }, (_, i) => ({
        id: `s${i}`,
        tool: 'echo',
        args: { number: i },
        ...(i < 10 ? {} : { dependsOn: [`s${i - 10}`] }),
      })),
    },
  }),
];

const middle = (from: number, to: number): NewEvent[] =>
  Array.from({ length: to - from }, (_, i) => i + from).flatMap((i) => {
    const of = { stepId: `s${i}`, attempt: 1 };
    return [
      event('step.started', { tool: 'echo' }, of),
      event('step.completed', { output: { value: { number: i } }, durationMs: 5 }, of),
      event('supervisor.decided', { decision: 'continue', reason: 'by rules' }, of),
    ];
  });

const ended = (): NewEvent => event('run.completed', { result: null });
