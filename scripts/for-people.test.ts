import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const script = `
  import { exitCodeOf } from './scripts/for-people.mjs';
  const error = new Error('it said \\u001b]0;t\\u0007\\u009b31m\\u202e"x"\\n(code)');
  error.name = 'CliError';
  error.exitCode = 5;
  process.exitCode = exitCodeOf(error);
`;
const end = (...args: string[]): { status: number | null; stderr: string } =>
  spawnSync(process.execPath, ['--input-type=module', '--eval', script, '--', ...args], { encoding: 'utf8' });

test('what a server says of an error does nothing to the terminal', () => {
  expect(end()).toMatchObject({ status: 5, stderr: 'perdure: it said ]0;t31m"x"\n(code)\n' });
});

test('as JSON it is the same text, of plain signs', () => {
  const { stderr } = end('--json');
  expect(stderr).toContain('\\u001b]0;t\\u0007\\u009b31m\\u202e');
  expect(JSON.parse(stderr)).toMatchObject({
    error: { message: 'it said \u001b]0;t\u0007\u009b31m\u202e"x"\n(code)', exitCode: 5 },
  });
});
