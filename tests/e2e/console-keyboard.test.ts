/** The console without a mouse, without a connection, and over reloads. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { findChromium, openBrowser } from './support/chromium.js';
import { expectAccessible, useConsole, type ConsolePage } from './support/console.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const program = findChromium();
if (program === null) console.log('skipped: there is no Chromium on this machine (apt-get install chromium)');

const WAIT = { timeout: 60_000 };
/** What of the page has the focus: its name, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    `(({ dataset, ariaLabel, textContent }) => dataset.step ?? ariaLabel ?? textContent.trim())(document.activeElement)`,
  );

describe.skipIf(program === null)('the console by keys', { timeout: 240_000 }, () => {
  const opened: (() => Promise<unknown>)[] = [];
  let perdure: PerdureProcess;
  let browser: Browser;
  beforeAll(async () => {
    const temporary = await temporaryDirectory();
    perdure = await PerdureProcess.start(temporary.directory, {
      PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')),
    });
    browser = await openBrowser(program ?? '');
    opened.push(
      () => temporary.remove(),
      () => perdure.stop(),
      () => browser.close(),
    );
  });
  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  const withConsole = (use: (opened: ConsolePage) => Promise<void>): Promise<void> =>
    useConsole(browser, perdure.url, use);
  const waiting = (goal: string) =>
    perdure.client.submit({
      goal,
      plan: {
        steps: [
          { id: 'one', tool: 'echo', args: {} },
          { id: 'two', tool: 'echo', args: {} },
          { id: 'rest', tool: 'wait', args: { seconds: 600 }, dependsOn: ['two'] },
        ],
      },
    });

  test('a graph is gone through by arrows; a step opens, closes, and gives the focus back', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await waiting('By arrows');
      await open(`/runs/${id}?tab=graph`);
      await page.locator('[data-step="rest"][data-tone="running"]').waitFor(WAIT);
      await page.getByRole('tab', { name: 'Graph' }).focus();
      // What the tab shows, and then the one step of it that Tab reaches.
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await expect.poll(() => focused(page)).toBe('one');
      for (const [key, step] of [
        ['ArrowDown', 'two'],
        ['ArrowRight', 'rest'],
        ['ArrowRight', 'rest'],
        ['ArrowLeft', 'two'],
      ] as const) {
        await page.keyboard.press(key);
        await expect.poll(() => focused(page)).toBe(step);
      }
      await page.keyboard.press('Enter');
      const panel = page.getByRole('complementary', { name: 'Step two' });
      await panel.waitFor();
      await expectAccessible(page);
      await panel.getByRole('button', { name: 'Close the step' }).press('Escape');
      await panel.waitFor({ state: 'detached' });
      await expect.poll(() => focused(page)).toBe('two');
      expect(page.url()).not.toContain('step=');
      await perdure.client.cancel(id);
    }));

  test('each dialog of a run opens by key, closes by Escape and gives the focus back', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await waiting('Dialogs');
      await open(`/runs/${id}`);
      await page.locator('[data-step="rest"][data-tone="running"]').waitFor(WAIT);
      for (const name of ['Share', 'Edit plan', 'Message', 'Cancel']) {
        await page.getByRole('button', { name, exact: true }).press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.waitFor();
        await dialog.locator('.bones').waitFor({ state: 'detached' });
        await expectAccessible(page);
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'detached' });
        await expect.poll(() => focused(page)).toBe(name);
      }
      await perdure.client.cancel(id);
    }));

  test('Tab goes round in a dialog and never leaves it, in both directions', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await waiting('Round and round');
      await open(`/runs/${id}`);
      await page.locator('[data-step="rest"][data-tone="running"]').waitFor(WAIT);
      await page.getByRole('button', { name: 'Message', exact: true }).press('Enter');
      const dialog = page.getByRole('dialog', { name: 'Tell this run something' });
      const field = dialog.getByRole('textbox');
      await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
      await field.fill('So that its button can be reached');
      for (const key of ['Tab', 'Shift+Tab']) {
        const met = new Set<string>();
        for (let press = 0; press < 8; press += 1) {
          await page.keyboard.press(key);
          // What holds the focus back hands it on with the next frame.
          const isIn = () => page.evaluate(`document.activeElement.closest('[role="dialog"]') !== null`);
          await expect.poll(isIn).toBe(true);
          met.add(await page.evaluate('document.activeElement.tagName + document.activeElement.textContent'));
        }
        // More than one place, and each of them more than once.
        expect(met.size).toBeGreaterThan(1);
        expect(met.size).toBeLessThan(8);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => focused(page)).toBe('Message');
      await perdure.client.cancel(id);
    }));

  test('a graph is seen from nearer and from afar, and whole', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'Sixty side by side',
        plan: {
          steps: [
            { id: 'first', tool: 'wait', args: { seconds: 600 } },
            ...Array.from({ length: 60 }, (_, i) => ({
              id: `side-${i}`,
              tool: 'echo',
              args: {},
              dependsOn: ['first'],
            })),
          ],
        },
      });
      await open(`/runs/${id}?tab=graph`);
      const graph = page.getByRole('group', { name: 'The plan as a graph' });
      // It begins at the first step, half-way down.
      const first = graph.locator('[data-step="first"]');
      await expect.poll(() => first.isVisible(), WAIT).toBe(true);
      const inSight = async (step: string): Promise<boolean> => {
        const [frame, node] = await Promise.all([
          graph.boundingBox(),
          graph.locator(`[data-step="${step}"]`).boundingBox(),
        ]);
        return (
          frame !== null &&
          node !== null &&
          node.y >= frame.y &&
          node.y + node.height <= frame.y + frame.height
        );
      };
      await expect.poll(() => inSight('first')).toBe(true);
      const zoom = page.getByRole('group', { name: 'Zoom' });
      const shown = async (): Promise<number> => parseInt(await zoom.getByRole('status').innerText(), 10);
      await expect.poll(shown).toBe(75);
      await zoom.getByRole('button', { name: 'Zoom in' }).press('Enter');
      await expect.poll(shown).toBe(94);
      await zoom.getByRole('button', { name: 'Show all of it' }).press('Enter');
      await expect.poll(shown).toBeLessThan(20);
      await expect.poll(() => inSight('side-0')).toBe(true);
      await expect.poll(() => inSight('side-59')).toBe(true);
      await first.focus();
      for (let press = 0; press < 12; press += 1) await page.keyboard.press('+');
      await expect.poll(shown).toBeGreaterThan(100);
      await page.keyboard.press('0');
      await expect.poll(shown).toBeLessThan(20);
      await first.press('Enter');
      await page.getByRole('complementary', { name: 'Step first' }).waitFor();
      await perdure.client.cancel(id);
    }));

  test('an event is unfolded to its JSON by key, and folded again', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'To be read',
        plan: { steps: [{ id: 'say', tool: 'echo', args: { word: 'unfolded' } }] },
      });
      await perdure.client.wait(id);
      await open(`/runs/${id}?tab=events`);
      const events = page.getByRole('region', { name: 'Events' });
      await events.locator('[data-seq="7"]').waitFor(WAIT);
      await events.locator('[data-seq="4"]').focus();
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => page.evaluate('document.activeElement.dataset.seq')).toBe('5');
      await page.keyboard.press('Enter');
      const json = events.getByRole('group', { name: 'event 5', exact: true });
      await json.waitFor();
      const log = [];
      for await (const event of perdure.client.events(id)) log.push(event);
      expect(JSON.parse((await json.textContent()) ?? '')).toEqual(log[4]);
      expect(await json.textContent()).toContain('"unfolded"');
      // Those below make room.
      const below = events.locator('[data-seq="6"]');
      const topOf = async (of: typeof json) => (await of.boundingBox())?.y ?? NaN;
      await expect.poll(async () => (await topOf(below)) > (await topOf(json))).toBe(true);
      await expectAccessible(page);
      await page.keyboard.press('Enter');
      await json.waitFor({ state: 'detached' });
    }));

  test('what the tools and the audit log are searched for stands in the address', () =>
    withConsole(async ({ page, open }) => {
      await open('/tools?q=csv');
      const search = page.getByRole('textbox', { name: 'Search the tools' });
      await expect.poll(() => search.inputValue()).toBe('csv');
      await page.getByRole('heading', { name: 'sql', exact: true }).waitFor();
      await page.getByRole('heading', { name: 'echo', exact: true }).waitFor({ state: 'detached' });
      await search.fill('callback ');
      await page.waitForURL('**/console/tools?q=callback');
      // The blank at its end is kept, for another word may follow.
      expect(await search.inputValue()).toBe('callback ');
      await search.fill('');
      await page.waitForURL('**/console/tools');

      const { id } = await waiting('For the log');
      await perdure.client.cancel(id);
      await open('/audit?action=cancelRun');
      const entries = page.getByRole('group', { name: 'Entries' });
      await entries.getByRole('cell', { name: 'cancelRun' }).first().waitFor(WAIT);
      await entries.getByRole('cell', { name: 'submitRun' }).waitFor({ state: 'detached' });
      const action = page.getByRole('textbox', { name: 'Only this action' });
      await action.fill('submitRun');
      await page.waitForURL('**/console/audit?action=submitRun');
      await page.reload();
      await entries.getByRole('cell', { name: 'submitRun' }).first().waitFor(WAIT);
      expect(await action.inputValue()).toBe('submitRun');
    }));

  test('keys can be switched off, and stay so', () =>
    withConsole(async ({ page, open }) => {
      await open('/tools');
      await page.getByRole('heading', { name: 'echo', exact: true }).waitFor();
      await page.keyboard.press('?');
      await page.getByRole('checkbox', { name: 'Keys without Ctrl do something' }).uncheck();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.reload();
      await page.getByRole('heading', { name: 'echo', exact: true }).waitFor();
      for (const key of ['?', 'g', 's', '/']) await page.keyboard.press(key);
      expect(new URL(page.url()).pathname).toBe('/console/tools');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('button', { name: 'Keyboard' }).click();
      await page.getByRole('checkbox', { name: 'Keys without Ctrl do something' }).check();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('n');
      await page.getByRole('heading', { name: 'New run', exact: true }).waitFor();
      await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
    }));

  test('a draft is kept over a reload, and its command does what the page would', () =>
    withConsole(async ({ page, open }) => {
      await open('/new');
      await page.getByRole('textbox', { name: 'Goal' }).fill(`It's "$HOME" \`kept\`\n!`);
      await page.getByRole('button', { name: 'Add a step' }).click();
      await page
        .locator('input[type="file"]')
        // More than an argument of a command may be.
        .setInputFiles({ name: 'much.txt', mimeType: 'text/plain', buffer: Buffer.alloc(200_000, 'much ') });
      await page.getByRole('button', { name: 'Remove much.txt' }).waitFor();
      const kept = () => page.evaluate(`sessionStorage.getItem('perdure.draft') ?? ''`);
      await expect.poll(kept).toContain('much.txt');
      await page.reload();
      await page.getByText('This is what you had begun to write').waitFor();
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Add a step' }).click();
      await page.getByRole('group', { name: 'step 2', exact: true }).waitFor();
      await page.getByText('The same as curl').click();
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.getByRole('button', { name: 'Copy the command' }).click();
      const copied = () => page.evaluate('navigator.clipboard.readText()');
      await expect.poll(copied).toMatch(/^curl /);
      const shell = promisify(execFile)('bash', { maxBuffer: 4_000_000 });
      shell.child.stdin?.end(String(await copied()));
      const run = JSON.parse((await shell).stdout) as { id: string; goal: string };
      expect(run.goal).toBe(`It's "$HOME" \`kept\`\n!`);
      expect((await perdure.client.wait(run.id)).usage.steps).toBe(2);
      const { files } = await perdure.client.files.list(run.id);
      expect(files.map((file) => [path.basename(file.path), file.bytes])).toContainEqual([
        'much.txt',
        200_000,
      ]);
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.waitForURL('**/console/runs/*');
      await page.goBack();
      await page.getByRole('heading', { name: 'New run', exact: true }).waitFor();
      expect(await page.getByRole('textbox', { name: 'Goal' }).inputValue()).toBe('');
    }));

  test('without a connection every page says so, and comes by itself when there is one again', () =>
    withConsole(async ({ page, open }) => {
      await open('/');
      await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
      // What pages are made of is loaded when nothing else is to be done.
      const loaded = () =>
        page.evaluate(
          `performance.getEntriesByType('resource').some(({ name }) => name.includes('schedules-page'))`,
        );
      await expect.poll(loaded, WAIT).toBe(true);
      await page.context().setOffline(true);
      await page
        .getByText(/The server cannot be reached/)
        .first()
        .waitFor(WAIT);
      await page.getByRole('link', { name: 'Schedules' }).click();
      await page.getByRole('heading', { name: 'Schedules', exact: true }).waitFor();
      await page.getByRole('alert').getByText('The server cannot be reached').waitFor(WAIT);
      await expectAccessible(page);
      await page.context().setOffline(false);
      await page.getByRole('heading', { name: 'No schedules', exact: true }).waitFor(WAIT);
      await page
        .getByText(/The server cannot be reached/)
        .first()
        .waitFor({ state: 'hidden' });
    }));

  test('a question of several parts is answered field by field', () =>
    withConsole(async ({ page, open }) => {
      const schema = {
        type: 'object',
        properties: { colour: { type: 'string', enum: ['red', 'blue'] }, many: { type: 'integer' } },
        required: ['colour', 'many'],
      };
      const { id } = await perdure.client.submit({
        goal: 'Ask for both',
        plan: {
          steps: [{ id: 'ask', tool: 'ask_human', args: { question: 'Which, and how many?', schema } }],
        },
      });
      await open(`/runs/${id}`);
      await page.getByRole('combobox', { name: /^colour/ }).selectOption('blue', WAIT);
      const answer = page.getByRole('button', { name: 'Answer', exact: true });
      expect(await answer.isDisabled()).toBe(true);
      await page.getByRole('textbox', { name: /^many/ }).fill('3');
      await expectAccessible(page);
      await answer.click();
      await page.getByText('Completed', { exact: true }).first().waitFor(WAIT);
      expect(await perdure.client.get(id)).toMatchObject({
        result: { answer: { colour: 'blue', many: 3 } },
      });
    }));
});
