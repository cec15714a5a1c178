/** Every code block of README.md and docs/ is run against a real stack, and prints what the document says. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeBlocksOf, documents } from '../docs/code-blocks.js';
import { runDocument } from './support/document-session.js';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const hasJq = spawnSync('jq', ['--version']).status === 0;

let perdure: PerdureProcess;
let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  temporary = await temporaryDirectory();
  perdure = await PerdureProcess.start(temporary.directory);
}, 600_000);
afterAll(async () => {
  await perdure.stop();
  await temporary.remove();
});

test.each(await documents())('%s', { timeout: 300_000 }, async (document) => {
  const blocks = await codeBlocksOf(document);
  if (!hasJq && blocks.some(({ text, notRun }) => notRun === null && text.includes('| jq '))) {
    console.log(`skipped: ${document} needs jq, which is not on this machine`);
    return;
  }
  const ran = await runDocument(blocks, perdure.url);
  for (const [i, block] of blocks.entries()) {
    if (block.language !== 'output') continue;
    const printed = ran.find((each) => each.block === blocks[i - 1]);
    // Progress goes to standard error; a reader sees both.
    const text = `${printed?.stderr ?? ''}${printed?.stdout ?? ''}`;
    expect(steady(text), `${document}:${block.line}`).toMatch(patternOf(steady(block.text)));
  }
});

/** What differs from run to run, made the same. */
const steady = (text: string): string =>
  text
    .trim()
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+Z)?/g, 'TIME')
    .replaceAll(/\b\d\d:\d\d:\d\d\.\d{3}\b/g, 'TIME')
    .replaceAll(/\b\d+(?:\.\d)? m?s\b/g, 'DURATION')
    .replaceAll(/"durationMs":\d+/g, '"durationMs":0')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ $/gm, '');

/** Of an output as a document gives it: `...` stands for anything, also lines. */
const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split('...')
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*?')}$`,
  );
