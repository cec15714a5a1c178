/** The web console in a real browser, over a perdure as a user starts it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { findChromium, openBrowser } from './support/chromium.js';
import { expectAccessible, openConsole, sizes, type ConsolePage } from './support/console.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const program = findChromium();
if (program === null) console.log('skipped: there is no Chromium on this machine (apt-get install chromium)');

describe.skipIf(program === null)('the console', { timeout: 240_000 }, () => {
  let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
  let perdure: PerdureProcess;
  let browser: Browser;
  let env: Record<string, string>;
  beforeAll(async () => {
    temporary = await temporaryDirectory();
    env = { PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')) };
    perdure = await PerdureProcess.start(temporary.directory, env);
    browser = await openBrowser(program ?? '');
  });
  afterAll(async () => {
    await browser.close();
    await perdure.stop();
    await temporary.remove();
  });

  const withConsole = async (
    use: (opened: ConsolePage) => Promise<void>,
    options?: Parameters<typeof openConsole>[2],
  ): Promise<void> => {
    const opened = await openConsole(browser, perdure.url, options);
    try {
      await use(opened);
      expect(opened.faults).toEqual([]);
    } finally {
      await opened.close();
    }
  };
  const waiting = (goal: string, metadata = {}) =>
    perdure.client.submit({
      goal,
      metadata,
      plan: {
        steps: [
          { id: 'hello', tool: 'echo', args: { text: 'Hello' } },
          { id: 'rest', tool: 'wait', args: { seconds: 600 }, dependsOn: ['hello'] },
        ],
      },
    });

  test('a browser is led to the list, finds a run in it by key and by filter, and watches it to its end', () =>
    withConsole(async ({ page }) => {
      await page.goto(perdure.url);
      await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
      const run = await perdure.client.submit({
        goal: 'Watched in the page',
        metadata: { team: 'blue' },
        plan: {
          steps: [
            { id: 'hello', tool: 'echo', args: { text: 'Hello' } },
            { id: 'rest', tool: 'wait', args: { seconds: 4 }, dependsOn: ['hello'] },
            {
              id: 'again',
              tool: 'echo',
              args: { text: '{{steps.hello.output.text}} again' },
              dependsOn: ['rest'],
            },
          ],
        },
      });
      await page.getByRole('link', { name: 'Watched in the page' }).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('team=green');
      await page.getByRole('heading', { name: 'No run fits' }).waitFor();
      expect(page.url()).toContain('q=team');
      await page.getByRole('button', { name: 'Clear the filters' }).click();
      await page.getByRole('link', { name: 'Watched in the page' }).waitFor();
      await page.locator('#main').focus();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL(`**/console/runs/${run.id}`);

      // Live, without another look at the page.
      await page.getByText('Live', { exact: true }).waitFor();
      await page.locator('[data-step="again"][data-tone="completed"]').waitFor({ timeout: 60_000 });
      await page.getByText('Completed', { exact: true }).first().waitFor();
      await page.locator('[data-step="again"]').click();
      const panel = page.getByRole('complementary', { name: 'Step again' });
      await panel.getByText('Hello again').first().waitFor();
      await page.keyboard.press('Escape');
      await panel.waitFor({ state: 'detached' });
      await page.getByRole('tab', { name: /Events/ }).click();
      await page.getByText('run.completed').waitFor();
    }));

  test('a run is paused, resumed and cancelled, with a reason, and says why it stands still', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await waiting('To be cancelled');
      await open(`/runs/${id}`);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      await page
        .getByRole('status', { name: 'Why it does not move' })
        .getByText(/paused/i)
        .first()
        .waitFor();
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('textbox', { name: 'Reason' }).fill('nobody needs it');
      await page.getByRole('button', { name: 'Cancel the run' }).click();
      await page.getByText('It was cancelled: nobody needs it').waitFor();
      expect((await perdure.client.get(id)).status).toBe('cancelled');
      const temporal = await page.getByRole('link', { name: /Temporal Web UI/ }).getAttribute('href');
      expect(temporal).toContain(`run-${id}`);
    }));

  test('what is at no address is said so', () =>
    withConsole(async ({ page, open }) => {
      await open('/runs/01a2158a-0e12-70b8-b6a3-cd8fe0defc35');
      await page.getByRole('heading', { name: 'There is no such run' }).waitFor();
      await open('/nowhere');
      await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    }));

  test('a server that goes away and comes back is told of, and nothing is missed', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'Over a restart',
        plan: {
          steps: Array.from({ length: 12 }, (_, i) => ({
            id: `s${i}`,
            tool: 'wait',
            args: { seconds: 1.5 },
            ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
          })),
        },
      });
      await open(`/runs/${id}`);
      await page.locator('[data-step="s2"][data-tone="completed"]').waitFor();
      await perdure.killTree();
      await page.getByText(/Disconnected; try/).waitFor();
      await page.getByText(/The server cannot be reached since/).waitFor();
      perdure = await PerdureProcess.start(temporary.directory, env);
      await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
      await page.getByText(/The server cannot be reached since/).waitFor({ state: 'hidden' });
      await page.locator('[data-step="s11"][data-tone="completed"]').waitFor({ timeout: 60_000 });
      const run = await perdure.client.wait(id);
      await page.getByRole('tab', { name: `Events ${run.lastSeq}` }).waitFor();
    }));

  test.each(
    (['desktop', 'phone'] as const).flatMap((size) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ size, colorScheme })),
    ),
  )('axe finds nothing at $size size, $colorScheme', async ({ size, colorScheme }) => {
    const run = await waiting(`Looked at by axe, ${size}, ${colorScheme}`, { team: 'blue' });
    await withConsole(
      async ({ page, open }) => {
        await open('/?status=running');
        await page.getByRole('link', { name: run.goal }).waitFor();
        await expectAccessible(page);
        await open(`/runs/${run.id}`);
        await page.locator('[data-step="rest"][data-tone="running"]').waitFor();
        await expectAccessible(page);
        await page.locator('[data-step="hello"]').click();
        await page.getByRole('complementary', { name: 'Step hello' }).waitFor();
        await expectAccessible(page);
        for (const tab of ['events', 'details']) {
          await open(`/runs/${run.id}?tab=${tab}`);
          await page.getByRole('tab', { name: /Timeline/ }).waitFor();
          await expectAccessible(page);
        }
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
        await expectAccessible(page);
      },
      { ...sizes[size], colorScheme },
    );
    await perdure.client.cancel(run.id);
  });
});
