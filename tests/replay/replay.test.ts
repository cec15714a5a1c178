/** Every released workflow's histories, replayed by today's code: a run under way survives every upgrade. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(import.meta.dirname, 'histories');
const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
const replay = (history: unknown): Promise<void> =>
  Worker.runReplayHistory(
    { workflowBundle: { codePath: path.join(root, 'dist/workflow-bundle.js') } },
    history,
  );

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
  await ensureBuilt(root);
}, 120_000);

test('there are histories to replay', () => {
  expect(names.length).toBeGreaterThan(4);
});

test.each(names)('%s', async (name) => {
  await replay(JSON.parse(await readFile(path.join(folder, name), 'utf8')));
});

test('a history that the code would not have written is noticed', async () => {
  const text = await readFile(path.join(folder, 'approved-1.json'), 'utf8');
  await expect(replay(JSON.parse(text.replaceAll('"runTool"', '"another"')))).rejects.toThrow(
    DeterminismViolationError,
  );
});
