/** The web console in a real browser, over a perdure as a user starts it. */
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { findChromium, openBrowser } from './support/chromium.js';
import {
  expectAccessible,
  sizes,
  useConsole,
  type ConsoleOptions,
  type ConsolePage,
} from './support/console.js';
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
    env = {
      PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')),
      // With one that cannot be undone.
      PERDURE_TOOLS_DIR: path.resolve(import.meta.dirname, '../../examples/approval/tools'),
    };
    perdure = await PerdureProcess.start(temporary.directory, env);
    browser = await openBrowser(program ?? '');
  });
  afterAll(async () => {
    await browser.close();
    await perdure.stop();
    await temporary.remove();
  });

  const withConsole = (
    use: (opened: ConsolePage) => Promise<void>,
    options?: ConsoleOptions,
  ): Promise<void> => useConsole(browser, perdure.url, use, options);
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
      await page.getByRole('heading', { name: 'No runs yet', exact: true }).waitFor();
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
      await page.getByRole('heading', { name: 'No run fits', exact: true }).waitFor();
      expect(page.url()).toContain('q=team');
      await page.getByRole('button', { name: 'Clear the filters' }).click();
      await page.getByRole('link', { name: 'Watched in the page' }).waitFor();
      await page.locator('#main').focus();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL(`**/console/runs/${run.id}`);

      // Without another look at the page.
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

  test('a run is submitted in the page, approved with other arguments, forked, and compared', () =>
    withConsole(async ({ page, open }) => {
      await open('/new');
      await page.getByRole('textbox', { name: 'Goal' }).fill('Submitted in the page');
      await page.getByRole('button', { name: 'As JSON' }).click();
      const steps = [
        { id: 'read', tool: 'file_read', args: { path: 'in.txt' } },
        {
          id: 'pay',
          tool: 'echo',
          args: { amount: 70, of: '{{steps.read.output.content}}' },
          approval: true,
        },
      ];
      await page.getByRole('textbox', { name: 'The plan as JSON' }).fill(JSON.stringify({ steps }));
      await page.getByRole('button', { name: 'Take it over' }).click();
      // The tool's own schema has made a field of its argument.
      await page.getByRole('textbox', { name: /^path/ }).fill('note.txt');
      await page
        .locator('input[type="file"]')
        .setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('an invoice') });
      await page.getByRole('button', { name: 'Remove note.txt' }).waitFor();
      await page.getByText('The same as curl').click();
      await page.getByText('"path": "note.txt"').first().waitFor();
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.waitForURL('**/console/runs/*');

      const asked = page.getByRole('region', { name: 'What it asks you' });
      const args = asked.getByRole('textbox', { name: 'Arguments' });
      await args.waitFor({ timeout: 60_000 });
      expect(await args.inputValue()).toContain('an invoice');
      await expectAccessible(page);
      await args.fill('{"amount": 50');
      await asked.getByText(/This is no JSON/).waitFor();
      expect(await asked.getByRole('button', { name: /Approve/ }).isDisabled()).toBe(true);
      await args.fill('{"amount": 50}');
      await asked.getByRole('textbox', { name: 'Note' }).fill('seventy is too much');
      await asked.getByRole('button', { name: 'Approve with these arguments' }).click();
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 });
      const first = /runs\/([0-9a-f-]+)/.exec(page.url())?.[1] ?? '';
      expect(await perdure.client.get(first)).toMatchObject({ status: 'completed', result: { amount: 50 } });

      await page.locator('[data-step="pay"]').click();
      await page.getByRole('button', { name: 'Fork from here' }).click();
      const dialog = page.getByRole('dialog', { name: /Fork from/ });
      await dialog.getByRole('textbox', { name: 'Arguments' }).fill('{"amount": 60}');
      await expectAccessible(page);
      await dialog.getByRole('button', { name: 'Fork', exact: true }).click();
      await page.waitForURL((url) => !url.pathname.includes(first));
      await page.getByRole('button', { name: 'Approve' }).click({ timeout: 60_000 });
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 });
      const second = /runs\/([0-9a-f-]+)/.exec(page.url())?.[1] ?? '';
      expect(await perdure.client.get(second)).toMatchObject({
        result: { pay: { amount: 60 } },
        origin: { kind: 'fork', runId: first, fromStep: 'pay' },
      });

      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByRole('rowheader', { name: /pay\s*differs/ }).waitFor();
      await page.getByRole('rowheader', { name: 'read', exact: true }).waitFor();
      await expectAccessible(page);
    }));

  test('a question is answered in place, and a failed run is done again', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'Ask before it fails',
        plan: {
          steps: [
            { id: 'ask', tool: 'ask_human', args: { question: 'Which colour?', schema: { type: 'string' } } },
            { id: 'fail', tool: 'file_read', args: { path: '{{steps.ask.output.answer}}' } },
          ],
        },
      });
      await open('/approvals');
      await page.getByRole('link', { name: 'Which colour?' }).click();
      await page.getByRole('textbox', { name: 'Answer', exact: true }).fill('blue.txt');
      await page.getByRole('button', { name: 'Answer', exact: true }).click();
      await page.getByRole('region', { name: 'Why it failed' }).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Retry' }).click();
      await page.waitForURL((url) => !url.pathname.includes(id));
      await page.getByRole('region', { name: 'Why it failed' }).waitFor({ timeout: 60_000 });
      await page.locator('[data-step="ask"][data-tone="reused"]').waitFor();
    }));

  test('what cannot be undone is done again only where somebody ticks it', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'Pay once',
        plan: { steps: [{ id: 'pay', tool: 'pay_invoice', args: { invoice: '7', euros: 70 } }] },
      });
      expect((await perdure.client.wait(id)).status).toBe('completed');
      await open(`/runs/${id}?step=pay`);
      await page.getByRole('button', { name: 'Fork from here' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Fork', exact: true }).click();
      const dialog = page.getByRole('dialog', { name: 'Do again what cannot be undone?' });
      const again = dialog.getByRole('button', { name: 'Do them again' });
      await again.waitFor();
      expect(await again.isDisabled()).toBe(true);
      await expectAccessible(page);
      await dialog.getByRole('checkbox', { name: /^pay it cannot be undone, and has been done/ }).check();
      await again.click();
      await page.waitForURL((url) => !url.pathname.includes(id));
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 });
    }));

  test('files are shown, and nothing in them acts', () =>
    withConsole(async ({ page, open }) => {
      const evil =
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>document.title="evil"</script><image href="https://example.com/x.png"/><rect width="40" height="40"/></svg>';
      const files = [
        {
          path: 'a.md',
          content:
            '# A heading\n\n<script>document.title="evil"</script>\n\n![mine](b.svg) ![theirs](https://example.com/y.png)\n\n[go](javascript:alert(1))',
        },
        { path: 'b.svg', content: evil },
        { path: 'c.csv', content: 'day,"rain, mm"\nMonday,3\n' },
        { path: 'd.json', content: '{"a": [1, null]}' },
        { path: 'e.html', content: '<b>not bold</b>' },
        { path: 'deep.json', content: `${'['.repeat(100_000)}${']'.repeat(100_000)}` },
        { path: 'deep.md', content: `${'>'.repeat(20_000)} quoted` },
        { path: 'heavy.md', content: '**a'.repeat(90_000) },
        { path: 'wide.csv', content: `${'a,'.repeat(100_000)}b\n` },
      ];
      const { id } = await perdure.client.submit({
        goal: 'Files',
        inputs: { files },
        plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] },
      });
      await perdure.client.wait(id);
      await open(`/runs/${id}?tab=files`);
      await page.getByRole('heading', { name: 'A heading', exact: true }).waitFor();
      await page.getByRole('img', { name: 'mine' }).waitFor();
      await page.getByText('[a picture from elsewhere: theirs]').waitFor();
      expect(await page.locator('.markdown a').getAttribute('href')).not.toMatch(/javascript/);
      await expectAccessible(page);
      await page.getByRole('button', { name: /b\.svg/ }).click();
      await page.getByRole('img', { name: 'b.svg' }).waitFor();
      await page.getByRole('button', { name: /c\.csv/ }).click();
      await page.getByRole('columnheader', { name: 'rain, mm' }).waitFor();
      await page.getByRole('button', { name: /e\.html/ }).click();
      await page.getByText('<b>not bold</b>').waitFor();
      // What cannot be drawn, or would keep the page busy, is shown as it is written.
      const shown = (name: string): ReturnType<typeof page.getByRole> =>
        page.getByRole('group', { name: `What is in ${name}` });
      for (const name of ['deep.json', 'deep.md', 'heavy.md']) {
        await page.getByRole('button', { name }).click();
        await shown(name).locator('pre.plain').waitFor({ timeout: 60_000 });
      }
      await page.getByRole('button', { name: 'wide.csv' }).click();
      await shown('wide.csv').getByText('99,901 columns more; download has them all.').waitFor();
      await page.getByRole('button', { name: /e\.html/ }).click();
      await page.getByText('<b>not bold</b>').waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('e.html');
      expect(await page.title()).not.toBe('evil');
    }));

  test('a run is shared: read by whoever has the link, until it is revoked', () =>
    withConsole(async ({ page, open }) => {
      const run = await waiting('To be shared');
      const other = await waiting('Nobody else’s');
      await open(`/runs/${run.id}`);
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByRole('combobox', { name: 'It works for' }).selectOption('an hour');
      await page.getByRole('button', { name: 'Make a link' }).click();
      const link = await page.getByRole('textbox', { name: 'The link, shown this once' }).inputValue();
      await page.getByText(/^made/).waitFor();
      await expectAccessible(page);
      await withConsole(async ({ page: shared }) => {
        await shared.goto(link);
        await shared.getByText('Live', { exact: true }).waitFor();
        expect(shared.url()).toBe(`${perdure.url}/console/runs/${run.id}`);
        await shared.locator('[data-step="rest"][data-tone="running"]').waitFor();
        await shared.getByRole('tab', { name: 'Files' }).click();
        await shared.getByRole('heading', { name: 'No files', exact: true }).waitFor();
        for (const name of ['Share', 'Pause', 'Cancel', 'Message', 'Edit plan'])
          expect(await shared.getByRole('button', { name }).count()).toBe(0);
        expect(await shared.getByRole('link', { name: /Runs|Temporal/ }).count()).toBe(0);
        await expectAccessible(shared);
        await shared.reload();
        await shared.getByText('Live', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Revoke' }).click();
        await page.getByText('revoked', { exact: true }).waitFor();
        await shared.reload();
        await shared
          .getByRole('heading', { name: 'This link does not work any more', exact: true })
          .waitFor();
        await expectAccessible(shared);
      });
      // Whoever shares, and takes back, is written down.
      await open('/audit');
      await page.getByRole('row', { name: new RegExp(`revokeShareLink runs/${run.id}.* ok`) }).waitFor();
      await page.getByRole('textbox', { name: 'Only this action' }).fill('createShareLink');
      await page.getByRole('row', { name: new RegExp(`createShareLink runs/${run.id}.* ok`) }).waitFor();
      await page.getByRole('row', { name: /revokeShareLink/ }).waitFor({ state: 'detached' });
      await expectAccessible(page);
      for (const { id } of [run, other]) await perdure.client.cancel(id);
    }));

  test('a plan under way is changed: a step taken out, one added, and one changed', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'To be edited',
        plan: {
          steps: [
            { id: 'rest', tool: 'wait', args: { seconds: 30 } },
            { id: 'say', tool: 'echo', args: { text: 'as it was' }, dependsOn: ['rest'] },
            { id: 'gone', tool: 'echo', args: { text: 'not wanted' }, dependsOn: ['say'] },
          ],
        },
      });
      await open(`/runs/${id}`);
      await page.locator('[data-step="rest"][data-tone="running"]').waitFor();
      await page.getByRole('button', { name: 'Edit plan' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit the plan' });
      expect(await dialog.getByRole('button', { name: 'Change the plan' }).isDisabled()).toBe(true);
      await dialog.getByRole('textbox', { name: 'Arguments' }).first().fill('{"text": "as it is now"}');
      await dialog.getByRole('button', { name: 'Remove step 2' }).click();
      await expectAccessible(page);
      // Somebody else is quicker.
      await perdure.client.changePlan(id, { steps: [{ id: 'more', tool: 'echo', args: {} }] }, 1);
      await dialog.getByRole('button', { name: 'Change the plan' }).click();
      await dialog.getByText('Somebody else has changed the plan meanwhile').waitFor();
      await dialog.getByRole('button', { name: 'Take the newer plan' }).click();
      await dialog.getByRole('textbox', { name: 'Arguments' }).first().fill('{"text": "as it is now"}');
      await dialog.getByRole('button', { name: 'Remove step 2' }).click();
      await dialog.getByRole('button', { name: 'Change the plan' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.locator('[data-step="gone"]').waitFor({ state: 'detached' });
      const { plan, planVersion } = await perdure.client.get(id);
      expect([planVersion, plan?.steps.map((step) => step.id)]).toEqual([3, ['rest', 'say', 'more']]);
      expect(plan?.steps[1]?.args).toEqual({ text: 'as it is now' });
      await perdure.client.cancel(id);
    }));

  test('what waits for an event shows its callback, and goes on when that is called', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'Until it is paid',
        plan: { steps: [{ id: 'paid', tool: 'wait_for_event', args: { name: 'the payment' } }] },
      });
      await open(`/runs/${id}`);
      const shown = page.getByRole('group', { name: 'The callback as curl' });
      await shown.waitFor();
      await expectAccessible(page);
      const [, address = ''] = /'(http[^']+)'/.exec((await shown.textContent()) ?? '') ?? [];
      const sent = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"amount": 7}',
      });
      expect(sent.status).toBe(202);
      await page.getByText('Completed', { exact: true }).first().waitFor({ timeout: 60_000 });
    }));

  test('a schedule is made in the page; what is wrong with it is said at the field', () =>
    withConsole(async ({ page, open }) => {
      await open('/schedules');
      await page.getByRole('button', { name: 'New schedule' }).click();
      const dialog = page.getByRole('dialog', { name: 'New schedule' });
      await dialog.getByRole('textbox', { name: 'Name' }).fill('Morning');
      await dialog.getByRole('combobox', { name: /^When/ }).fill('at dawn');
      await dialog.getByRole('textbox', { name: 'Goal of each run' }).fill('Greet the day');
      await dialog.getByRole('button', { name: 'Add a step' }).click();
      await dialog.getByRole('button', { name: 'Make the schedule' }).click();
      await dialog.getByText(/must be five fields/).waitFor();
      await expectAccessible(page);
      await dialog.getByRole('combobox', { name: /^When/ }).fill('0 6 * * 1-5');
      await dialog.getByRole('button', { name: 'Make the schedule' }).click();
      await page.getByRole('heading', { name: 'Morning', exact: true }).waitFor();
      const { schedules } = await perdure.client.schedules.list();
      expect(schedules).toMatchObject([
        { name: 'Morning', cron: '0 6 * * 1-5', run: { goal: 'Greet the day' } },
      ]);
      await page.getByRole('button', { name: 'Delete Morning' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'No schedules', exact: true }).waitFor();
    }));

  test('runs are counted by status and over time, live; the system shows who works and what fails', () =>
    withConsole(async ({ page, open }) => {
      const { id } = await perdure.client.submit({
        goal: 'To be counted',
        metadata: { team: 'counted' },
        plan: { steps: [{ id: 'a', tool: 'file_read', args: { path: 'nothing.txt' } }] },
      });
      await perdure.client.wait(id);
      await open('/?q=team%3Dcounted');
      await page.getByRole('button', { name: 'Failed 1' }).waitFor();
      await page.getByRole('img', { name: 'Last 24 hours: 1 failed' }).waitFor();
      await perdure.client.wait(
        (
          await perdure.client.submit({
            goal: 'To be counted, too',
            metadata: { team: 'counted' },
            plan: { steps: [{ id: 'a', tool: 'echo', args: {} }] },
          })
        ).id,
      );
      await page.getByRole('img', { name: 'Last 24 hours: 1 completed, 1 failed' }).waitFor();
      await expectAccessible(page);
      await open('/system');
      await page.getByRole('group', { name: 'Workers' }).getByText('workflows, activities').waitFor();
      await page.getByRole('img', { name: /^Runs, until their end\. half: [\d.]+ \w+ at last/ }).waitFor();
      await page.getByRole('img', { name: /^What fails\. runs: .* at most; calls: 0 %/ }).waitFor();
      await expect.poll(() => page.locator('.chart canvas').count()).toBe(6);
      await expectAccessible(page);
    }));

  test('a key is made and revoked', () =>
    withConsole(async ({ page, open }) => {
      await open('/api-keys');
      await page.getByRole('textbox', { name: 'Name of the new key' }).fill('for the test');
      await page.getByRole('button', { name: 'Make a key' }).click();
      // The list, which shows how each key begins, may be there before it or after.
      await page.getByRole('dialog', { name: 'The new key' }).getByText(/^pdk_/).waitFor();
      await page.getByRole('button', { name: 'I have it' }).click();
      await page.getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByRole('cell', { name: 'revoked' }).waitFor();
    }));

  test('what is at no address is said so', () =>
    withConsole(async ({ page, open }) => {
      await open('/runs/01a2158a-0e12-70b8-b6a3-cd8fe0defc35');
      await page.getByRole('heading', { name: 'There is no such run', exact: true }).waitFor();
      await open('/nowhere');
      await page.getByRole('heading', { name: 'There is nothing at this address', exact: true }).waitFor();
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
        for (const tab of ['graph', 'events', 'files', 'usage', 'details']) {
          await open(`/runs/${run.id}?tab=${tab}`);
          await page.getByRole('tab', { name: /Timeline/ }).waitFor();
          await expectAccessible(page);
        }
        for (const [path, heading] of Object.entries({
          '/new': 'New run',
          '/approvals': 'Waiting for a person',
          '/schedules': 'Schedules',
          '/agents': 'Agents',
          '/tools': 'Tools',
          '/system': 'System',
          '/api-keys': 'API keys',
          '/audit': 'Audit log',
        })) {
          await open(path);
          await page.getByRole('heading', { name: heading, exact: true }).waitFor();
          await page.locator('.bones').waitFor({ state: 'detached' });
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
