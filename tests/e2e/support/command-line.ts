/** The command line as a person or a script calls it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';

const program = path.resolve(import.meta.dirname, '../../../scripts/perdure.mjs');

export interface CommandOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type CommandLine = (
  args: readonly string[],
  options?: { input?: string; env?: Record<string, string> },
) => Promise<CommandOutcome>;

/** @param url of the server that is called */
export const commandLine =
  (url: string): CommandLine =>
  async (args, { input = '', env = {} } = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, NO_COLOR: '1', PERDURE_URL: url, ...env },
    });
    // A command that reads nothing may have ended before it is written to.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  };
