/**
 * npm run picture: the picture that README.md opens with, of a real run in a real browser. Starts a perdure of its own,
 * submits a run, and waits until it is half done. Needs Chromium.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(root, 'docs', 'images', 'console.png');
const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-picture-'));
chmodSync(folder, 0o755);

const step = (id, title, tool, args, dependsOn = []) => ({ id, title, tool, args, dependsOn });
const tables = { rain: 'in/rain.csv' };
const submission = {
  goal: 'Chart a week of rain in Seattle, and send the report',
  metadata: { team: 'weather', city: 'Seattle' },
  inputs: {
    files: [
      {
        path: 'in/rain.csv',
        content:
          'day,mm\nMonday,3.2\nTuesday,0\nWednesday,11.4\nThursday,6.1\nFriday,0.4\nSaturday,0\nSunday,8.8\n',
      },
    ],
  },
  plan: {
    steps: [
      step('days', 'Read the days', 'sql', { tables, query: 'select * from rain' }),
      step('sum', 'Sum up the week', 'sql', {
        tables,
        query: 'select sum(mm) as total, max(mm) as most from rain',
      }),
      step('chart', 'Draw the chart', 'chart', {
        spec: {
          mark: 'bar',
          encoding: {
            x: { field: 'day', type: 'nominal', sort: null },
            y: { field: 'mm', type: 'quantitative' },
          },
        },
        data: '{{steps.days.output.rows}}',
        saveAs: 'out/rain.svg',
      }),
      step('count', 'Count the dry days', 'javascript', {
        code: 'return data.filter(({ mm }) => Number(mm) === 0).length',
        data: '{{steps.days.output.rows}}',
      }),
      step('tide', 'Wait for the last reading', 'wait', { seconds: 4 }, ['days']),
      {
        ...step(
          'report',
          'Write the report',
          'file_write',
          {
            path: 'out/report.md',
            content: '{{steps.count.output.value}} days were dry. {{steps.sum.output.rows}}',
          },
          ['chart', 'tide'],
        ),
      },
      {
        ...step(
          'send',
          'Send it to the newspaper',
          'echo',
          { to: 'desk@example.com', report: 'out/report.md' },
          ['report'],
        ),
        approval: { note: 'It goes to everybody: a person has a look first.' },
      },
      step('archive', 'Put it into the archive', 'echo', { folder: '2026/48' }, ['send']),
    ],
  },
};

const child = spawn(process.execPath, [path.join(root, 'scripts/run.mjs'), 'start'], {
  cwd: root,
  env: {
    ...process.env,
    NO_COLOR: '1',
    PORT: '0',
    TEMPORAL_PORT: '0',
    TEMPORAL_UI_PORT: '0',
    PERDURE_DATA_DIR: folder,
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let browser;
try {
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /API\s+(http:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`perdure did not start: ${text}`)));
  });
  const answer = await globalThis.fetch(`${url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(submission),
  });
  const run = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(run));
  browser = await chromium.launch({
    executablePath: process.env.PERDURE_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 850 }, colorScheme: 'light' });
  await page.goto(`${url}/console/runs/${run.id}`);
  await page.getByRole('region', { name: 'What it asks you' }).waitFor({ timeout: 120_000 });
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: target });
  console.log(`wrote ${path.relative(root, target)}`);
} finally {
  await browser?.close();
  child.kill('SIGINT');
  await new Promise((resolve) => child.once('exit', resolve));
  rmSync(folder, { recursive: true, force: true });
}
