/** What the console shows of models and agents: what is written as it is written, messages to a run, and its sub-agents. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { startStubServer, type StubServer } from '../../src/adapters/models/testing/stub-server.js';
import { findChromium, openBrowser } from './support/chromium.js';
import { expectAccessible, useConsole, type ConsolePage } from './support/console.js';
import { dictation, type Dictation } from './support/dictation.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const program = findChromium();
if (program === null) console.log('skipped: there is no Chromium on this machine (apt-get install chromium)');

const WAIT = { timeout: 60_000 };

describe.skipIf(program === null)('agents in the console', { timeout: 240_000 }, () => {
  const opened: (() => Promise<unknown>)[] = [];
  /** What the model says next, whoever asks; each of them is used up by one question. */
  const dictated: Dictation[] = [];
  let model: StubServer;
  let perdure: PerdureProcess;
  let browser: Browser;
  beforeAll(async () => {
    const temporary = await temporaryDirectory();
    model = await startStubServer(() => {
      const next = dictated.shift();
      if (next === undefined) throw new Error('nobody has told the model what to say');
      return { pieces: next };
    });
    perdure = await PerdureProcess.start(temporary.directory, {
      PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')),
      PERDURE_MODEL: 'openai:gpt-5-mini',
      OPENAI_BASE_URL: model.url,
      OPENAI_API_KEY: 'none',
    });
    browser = await openBrowser(program ?? '');
    opened.push(
      () => temporary.remove(),
      () => model.close(),
      () => perdure.stop(),
      () => browser.close(),
    );
  });
  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  const withConsole = (use: (opened: ConsolePage) => Promise<void>): Promise<void> =>
    useConsole(browser, perdure.url, use);
  const dictate = (): Dictation => {
    const next = dictation();
    dictated.push(next);
    return next;
  };

  test('what a model writes is shown as it is written; a second attempt begins anew', () =>
    withConsole(async ({ page, open }) => {
      const [first, second] = [dictate(), dictate()];
      const { id } = await perdure.client.submit({
        goal: 'Tell a story',
        plan: { steps: [{ id: 'tell', tool: 'agent', args: { task: 'tell a story' } }] },
      });
      await open(`/runs/${id}?step=tell`);
      const panel = page.getByRole('complementary', { name: 'Step tell' });
      const text = panel.getByRole('group', { name: 'What the model writes' });
      await page.getByText('Live', { exact: true }).waitFor(WAIT);
      first.say('It was a dark ');
      await expect.poll(() => text.textContent(), WAIT).toBe('It was a dark ');
      await expectAccessible(page);
      first.say('and stormy night');
      await expect.poll(() => text.textContent(), WAIT).toBe('It was a dark and stormy night');
      first.break();
      second.say('Once upon a time');
      await expect.poll(() => text.textContent(), WAIT).toBe('Once upon a time');
      second.say(', there was an end.');
      second.end();
      // The whole of it is the output then.
      await text.waitFor({ state: 'detached', ...WAIT });
      await panel.getByText('Once upon a time, there was an end.').first().waitFor();
    }));

  test('a page that is opened in the middle, and in a second tab, shows what is written from then on', () =>
    withConsole(async ({ page, open }) => {
      const words = dictate();
      const { id } = await perdure.client.submit({
        goal: 'Two readers',
        plan: { steps: [{ id: 'tell', tool: 'agent', args: { task: 'tell a story' } }] },
      });
      await open(`/runs/${id}?step=tell`);
      const textOf = (tab: typeof page) => tab.getByRole('group', { name: 'What the model writes' });
      await page.getByText('Live', { exact: true }).waitFor(WAIT);
      words.say('Both ');
      await expect.poll(() => textOf(page).textContent(), WAIT).toBe('Both ');
      const other = await page.context().newPage();
      await other.goto(page.url());
      await other.getByText('Live', { exact: true }).waitFor(WAIT);
      await other.locator('[data-step="tell"][data-tone="running"]').waitFor(WAIT);
      words.say('read this');
      await expect.poll(() => textOf(page).textContent(), WAIT).toBe('Both read this');
      await expect.poll(() => textOf(other).textContent(), WAIT).toMatch(/read this$/);
      words.end();
      for (const tab of [page, other])
        await tab.getByText('Completed', { exact: true }).first().waitFor(WAIT);
    }));

  test('a plan is shown while a model writes it', () =>
    withConsole(async ({ page, open }) => {
      const words = dictate();
      const { id } = await perdure.client.submit({ goal: 'Make a plan of it' });
      await open(`/runs/${id}`);
      await page.getByText('Live', { exact: true }).waitFor(WAIT);
      words.say('{"steps": [{"id": "said", "tool": "echo", ');
      const plan = page.getByRole('region', { name: 'The plan as it is written' });
      await plan.getByText('"id": "said"').waitFor(WAIT);
      await expectAccessible(page);
      words.say('"args": {"by": "a model"}}]}');
      words.end();
      await page.locator('[data-step="said"][data-tone="completed"]').waitFor(WAIT);
    }));

  test('an agent is told something in the page, and reads it with its next question', () =>
    withConsole(async ({ page, open }) => {
      const words = dictate();
      const before = model.requests.length;
      const { id } = await perdure.client.submit({
        goal: 'Write a list of prices',
        plan: {
          steps: [
            { id: 'list', tool: 'agent', args: { task: 'write the list' } },
            { id: 'check', tool: 'agent', args: { task: 'check the list' }, dependsOn: ['list'] },
          ],
        },
      });
      await open(`/runs/${id}`);
      await expect.poll(() => model.requests.length, WAIT).toBe(before + 1);
      const button = page.getByRole('button', { name: 'Message', exact: true });
      await button.click();
      const dialog = page.getByRole('dialog', { name: 'Tell this run something' });
      const send = dialog.getByRole('button', { name: 'Send' });
      expect(await send.isDisabled()).toBe(true);
      await dialog.getByRole('textbox', { name: 'Message' }).fill('Leave out the prices of <b>fish</b>.');
      await expectAccessible(page);
      // What is typed is there still when the dialog was closed by mistake.
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => page.evaluate('document.activeElement.textContent.trim()')).toBe('Message');
      await button.click();
      await send.click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByRole('tab', { name: /Events/ }).click();
      await page.getByText('message.received').waitFor(WAIT);
      await page.getByText('Leave out the prices of <b>fish</b>.').waitFor();
      const then = dictate();
      words.say('herring 3, bread 2');
      words.end();
      await expect.poll(() => model.requests.length, WAIT).toBe(before + 2);
      expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain(
        'Leave out the prices of <b>fish</b>.',
      );
      then.say('bread 2');
      then.end();
      await page.getByText('Completed', { exact: true }).first().waitFor(WAIT);
      // Nobody reads it any more.
      await button.waitFor({ state: 'detached' });
    }));

  test('sub-agents are a tree: from a run to those below it, from a step to its run, and back up', () =>
    withConsole(async ({ page, open }) => {
      const say = (text: string) => ({ steps: [{ id: 'said', tool: 'echo', args: { text } }] });
      const { id } = await perdure.client.submit({
        goal: 'At the top',
        plan: {
          steps: [
            { id: 'left', tool: 'delegate', args: { goal: 'On the left', plan: say('left') } },
            {
              id: 'right',
              tool: 'delegate',
              args: {
                goal: 'On the right',
                plan: {
                  steps: [
                    { id: 'deep', tool: 'delegate', args: { goal: 'Far below', plan: say('deep') } },
                    { id: 'rest', tool: 'wait', args: { seconds: 600 }, dependsOn: ['deep'] },
                  ],
                },
              },
            },
          ],
        },
      });
      await open(`/runs/${id}?tab=details`);
      const tree = page.getByRole('region', { name: 'Sub-agents' });
      await tree.getByRole('link', { name: 'On the left' }).waitFor(WAIT);
      await tree.getByRole('listitem').filter({ hasText: 'On the right' }).getByText('Running').waitFor(WAIT);
      // Those further down are there from the beginning, and are folded.
      await tree.getByRole('link', { name: 'Far below' }).waitFor(WAIT);
      await expectAccessible(page);
      await tree.getByRole('button', { name: 'Fold what is below On the right' }).click();
      await tree.getByRole('link', { name: 'Far below' }).waitFor({ state: 'detached' });

      await page.getByRole('tab', { name: /Timeline/ }).click();
      await page.locator('[data-step="right"]').click();
      const panel = page.getByRole('complementary', { name: 'Step right' });
      await panel.getByRole('link', { name: 'On the right' }).click();
      await page.getByRole('heading', { level: 1, name: 'On the right' }).waitFor();
      await page.locator('[data-step="rest"][data-tone="running"]').waitFor(WAIT);
      await expectAccessible(page);
      await page.goBack();
      await panel.waitFor();
      await page.goForward();
      await page.getByRole('link', { name: /^Part of another run/ }).click();
      await page.getByRole('heading', { level: 1, name: 'At the top' }).waitFor();
      // A cancel at the top is seen below.
      await page.getByRole('tab', { name: /Details/ }).click();
      await tree.getByRole('link', { name: 'On the right' }).waitFor();
      await perdure.client.cancel(id);
      await tree
        .getByRole('listitem')
        .filter({ hasText: 'On the right' })
        .getByText('Cancelled')
        .waitFor(WAIT);
    }));
});
