/** A real Chromium, where the machine has one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @returns its program; null where there is none. PERDURE_TEST_CHROMIUM names one that is elsewhere */
export function findChromium(): string | null {
  const named = process.env.PERDURE_TEST_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  return (
    [...candidates, '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((file) =>
      existsSync(file),
    ) ?? null
  );
}

export const openBrowser = (program: string): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    // As root there is no sandbox to be had; the pages are our own.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    // Whoever writes such a test runs it at 700, too: it then looks at pages that have long come to rest.
    slowMo: Number(process.env.PERDURE_TEST_SLOW_MS ?? 0),
  });
