/**
 * People sign in to the console at Supabase Auth: in a real browser, with its own client, over a perdure with shared
 * records. Auth itself is a stand-in that speaks its HTTP interface (support/auth-server.ts).
 */
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { testPostgres } from '../../src/adapters/embedded/testing/backends.js';
import { migrate } from '../../src/adapters/postgres/migrate.js';
import { startAuthServer, type AuthServer } from './support/auth-server.js';
import { findChromium, openBrowser } from './support/chromium.js';
import { expectAccessible, useConsole, type ConsolePage } from './support/console.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const program = findChromium();
if (program === null) console.log('skipped: there is no Chromium on this machine (apt-get install chromium)');

/** Longer than what is renewed at once, and over within a test. */
const LIFE_SECONDS = 36;
const ann = { email: 'ann@example.com', password: 'correct horse', appMetadata: { perdure_operator: true } };
const ben = { email: 'ben@example.com', password: 'battery staple', appMetadata: { tenant_id: 'ben-inc' } };

describe.skipIf(program === null)('signing in to the console', { timeout: 240_000 }, () => {
  const opened: (() => Promise<unknown>)[] = [];
  let auth: AuthServer;
  let perdure: PerdureProcess;
  let browser: Browser;
  beforeAll(async () => {
    const temporary = await temporaryDirectory();
    const database = await testPostgres();
    await migrate(database.connectionString, path.resolve(import.meta.dirname, '../../deploy/migrations'));
    auth = await startAuthServer([ann, ben], LIFE_SECONDS);
    perdure = await PerdureProcess.start(temporary.directory, {
      PORT: String(await claimPort('127.0.0.1', 0, 'the port', 'PORT')),
      DATABASE_URL: database.connectionString,
      SUPABASE_URL: auth.url,
      SUPABASE_ANON_KEY: auth.anonKey,
    });
    browser = await openBrowser(program ?? '');
    opened.push(
      () => temporary.remove(),
      () => database.release(),
      () => auth.close(),
      () => perdure.stop(),
      () => browser.close(),
    );
  });
  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  const withConsole = (use: (opened: ConsolePage) => Promise<void>): Promise<void> =>
    useConsole(browser, perdure.url, use, { asksToo: [auth.url] });
  const enter = async ({ page }: ConsolePage, { email, password }: typeof ben): Promise<void> => {
    await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
  };

  test('by password, at the page that was asked for; a wrong one is told; over a reload; until signed out', () =>
    withConsole(async (opened) => {
      const { page, open } = opened;
      await open('/schedules');
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Go on with GitHub' }).waitFor();
      await expectAccessible(page);
      await enter(opened, { ...ben, password: 'wrong' });
      await page.getByText('Invalid login credentials').waitFor();
      await expectAccessible(page);
      await enter(opened, ben);
      await page.getByRole('heading', { name: 'Schedules', exact: true }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'Schedules', exact: true }).waitFor();
      // No tenant is told of the whole system.
      await open('/system');
      await page.getByText('A run submitted now would move.').waitFor();
      await page.getByText('The rest is for operators').waitFor();
      await expectAccessible(page);
      await page.getByRole('button', { name: `Sign out: ${ben.email}` }).click();
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();
      expect(await page.evaluate('JSON.stringify([localStorage, sessionStorage])')).not.toMatch(/token/);
    }));

  test('by a code from an e-mail, and as an operator', () =>
    withConsole(async ({ page, open }) => {
      await open('/system');
      await page.getByRole('textbox', { name: 'E-mail' }).fill('nobody@example.com');
      await page.getByRole('button', { name: 'Send me a code' }).click();
      await page.getByText('Signups not allowed for otp').waitFor();
      await page.getByRole('textbox', { name: 'E-mail' }).fill(ann.email);
      await page.getByRole('button', { name: 'Send me a code' }).click();
      const code = page.getByRole('textbox', { name: 'Code from the e-mail' });
      await code.fill('000000');
      await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
      await page.getByText('Token has expired or is invalid').waitFor();
      await code.fill(auth.codeOf(ann.email) ?? '');
      await page.getByRole('button', { name: 'Sign in', exact: true }).first().click();
      await page.getByRole('heading', { name: 'The last hour', exact: true }).waitFor();
      await page.getByRole('group', { name: 'Workers' }).getByText('workflows, activities').waitFor();
    }));

  test('by a provider, and back to the page that was left', () =>
    withConsole(async ({ page, open }) => {
      await open('/tools');
      await page.getByRole('button', { name: 'Go on with GitHub' }).click();
      await page.getByRole('heading', { name: 'Tools', exact: true }).waitFor();
      expect(page.url()).toBe(`${perdure.url}/console/tools`);
      await page.getByRole('button', { name: `Sign out: ${ann.email}` }).waitFor();
    }));

  test('by an API key still', () =>
    withConsole(async ({ page, open }) => {
      await open('/');
      await page.getByText('With an API key').click();
      await page.getByLabel('API key or token').fill('pdk_rubbish');
      await page.getByRole('button', { name: 'Sign in', exact: true }).last().click();
      await page.getByText(/it is mistyped or not whole/).waitFor();
    }));

  test('a run is followed for longer than a token lives; a session that has ended asks for the sign-in', () =>
    withConsole(async (opened) => {
      const { page, open } = opened;
      await open('/new');
      await enter(opened, ben);
      await page.getByRole('textbox', { name: 'Goal' }).fill('Longer than a token');
      await page.getByRole('button', { name: 'As JSON' }).click();
      const steps = Array.from({ length: 10 }, (_, i) => ({
        id: `s${i}`,
        tool: 'wait',
        args: { seconds: (LIFE_SECONDS + 12) / 10 },
        ...(i === 0 ? {} : { dependsOn: [`s${i - 1}`] }),
      }));
      await page.getByRole('textbox', { name: 'The plan as JSON' }).fill(JSON.stringify({ steps }));
      await page.getByRole('button', { name: 'Take it over' }).click();
      await page.getByRole('button', { name: 'Submit' }).click();
      await page.waitForURL('**/console/runs/*');
      await page.getByText('Live', { exact: true }).waitFor();
      await page.locator('[data-step="s9"][data-tone="completed"]').waitFor({ timeout: 120_000 });
      await page.getByText('Completed', { exact: true }).first().waitFor();
      expect(auth.renewals()).toBeGreaterThan(0);
      auth.endSessions();
      await open('/approvals');
      await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor({ timeout: 90_000 });
    }));

  test('what the page may connect to is itself and the sign-in, and nothing else', async () => {
    const answer = await fetch(`${perdure.url}/console`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(/connect-src ([^;]*)/.exec(policy)?.[1]).toBe(`'self' ${auth.url}`);
    expect((await fetch(`${perdure.url}/v1/runs`)).status).toBe(401);
    expect(await (await fetch(`${perdure.url}/v1/sign-in`)).json()).toEqual({
      required: true,
      supabase: { url: auth.url, anonKey: auth.anonKey },
    });
  });
});
