/** The scripts in the shells they are for. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProgram } from '../program.js';
import { placesOf } from './grammar.js';
import { shells } from './shells.js';

const run = promisify(execFile);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-completion-'));
  const places = placesOf(createProgram());
  for (const shell of ['bash', 'zsh', 'fish'] as const)
    await writeFile(path.join(folder, shell), shells[shell](places));
});
afterAll(() => rm(folder, { recursive: true }));

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const ask = {
  bash: (...words: string[]) =>
    run('bash', [
      '-c',
      `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _perdure; printf '%s\\n' "\${COMPREPLY[@]}"`,
      path.join(folder, 'bash'),
      'perdure',
      ...words,
    ]),
  // The completion system needs a terminal; what the function offers does not.
  zsh: (...words: string[]) =>
    run('zsh', [
      '-f',
      '-c',
      `compdef() { :; }; source "$0"; _describe() { print -l -- \${\${(P)2}%%:*}; }; words=("$@"); CURRENT=$#; _perdure`,
      path.join(folder, 'zsh'),
      'perdure',
      ...words,
    ]),
  fish: (...words: string[]) =>
    run('fish', [
      '--no-config',
      '-c',
      `source ${path.join(folder, 'fish')}; complete -C '${['perdure', ...words].join(' ')}'`,
    ]),
};

test.each(['bash', 'zsh', 'fish'] as const)('%s', async (shell) => {
  if (!has(shell)) {
    console.log(`skipped: there is no ${shell} on this machine`);
    return;
  }
  const offered = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await ask[shell](...words);
    return stdout
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
      .filter((line) => line !== '');
  };
  expect(await offered('')).toEqual(expect.arrayContaining(['run', 'runs', 'files', 'completion']));
  expect(await offered('runs', '')).toEqual(expect.arrayContaining(['ls', 'show', 'events', 'cancel']));
  expect(await offered('runs', '')).not.toContain('migrate');
  expect(await offered('runs', 'ls', '--')).toEqual(expect.arrayContaining(['--status', '--json', '--help']));
  // A goal that reads like a command leads nowhere else.
  expect(await offered('run', 'ls', '--')).toContain('--plan');
});
