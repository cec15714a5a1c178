import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createLogger } from './logger.js';
import { terminalLines } from './terminal.js';

async function shown(message: string, err?: Error): Promise<string> {
  const out = new PassThrough();
  const lines = terminalLines(out);
  createLogger([{ level: 'info', stream: lines }]).warn(err === undefined ? {} : { err }, message);
  lines.end();
  await new Promise((done) => lines.once('finish', done));
  out.end();
  return text(out);
}

test('a line has the message and what its cause says', async () => {
  expect(await shown('a model did not answer', new Error('HTTP 500'))).toBe(
    'perdure: warn: a model did not answer: HTTP 500\n',
  );
});

test('what a service says moves no cursor, hides nothing and writes no line of its own', async () => {
  const said = 'x\u001b[2J\u001b]0;title\u0007\r\nperdure: all is well\u202Eevil\u0000\u009b31m\u2028y';
  const line = await shown('a model did not answer', new Error(said));
  // eslint-disable-next-line no-control-regex -- they are just what must not be there
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202E\u2028]/);
  expect(line.split('\n').filter((each) => each.startsWith('perdure:'))).toHaveLength(1);
  expect(line).toContain('all is well');
});
