/** The web console in a real Chromium: what a page loads, says and asks for is watched, and it is held against WCAG. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

export const sizes = {
  desktop: { viewport: { width: 1360, height: 860 } },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
} as const satisfies Record<string, BrowserContextOptions>;

export interface ConsolePage {
  readonly page: Page;
  /** Opens an address below /console. */
  open: (path: string) => Promise<void>;
  /** What no page may do: errors, refusals by the content policy, requests to anywhere else. */
  readonly faults: readonly string[];
  close(): Promise<void>;
}

export interface ConsoleOptions extends BrowserContextOptions {
  /** Origins that the page may ask besides its own. */
  asksToo?: readonly string[];
}

async function openConsole(browser: Browser, url: string, given: ConsoleOptions = {}): Promise<ConsolePage> {
  const { asksToo = [], ...options } = { ...sizes.desktop, ...given };
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
  page.on('console', (message) => {
    // What the browser itself says of answers and connections that fail is the page's to deal with.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const address = request.url();
    if (/^(?:data|blob):/.test(address)) return;
    if (![url, ...asksToo].some((origin) => address.startsWith(`${origin}/`))) faults.push(`asks ${address}`);
  });
  return {
    page,
    faults,
    open: async (path) => {
      await page.goto(`${url}/console${path}`);
    },
    close: () => context.close(),
  };
}

/** Uses a page of its own, which has no fault by then, and closes it. */
export async function useConsole(
  browser: Browser,
  url: string,
  use: (opened: ConsolePage) => Promise<void>,
  options?: ConsoleOptions,
): Promise<void> {
  const opened = await openConsole(browser, url, options);
  try {
    await use(opened);
    expect(opened.faults).toEqual([]);
  } finally {
    await opened.close();
  }
}

const source = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** Fails with what axe finds of WCAG 2.2, levels A and AA, and of its own rules of good practice. */
export async function expectAccessible(page: Page): Promise<void> {
  // By the debugger and not as a script of the page, which its content policy would refuse.
  await page.evaluate(`${await source}; 0`);
  const violations: Violation[] = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations)`,
  );
  const found = violations.map(({ id, nodes }) => ({
    id,
    where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 200)}: ${failureSummary}`),
  }));
  expect(found).toEqual([]);
}
