/** `npm start` and its like, as a person types them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processEnvironment } from '../../src/config/env.js';

export interface NpmStart {
  pid: number;
  hasEnded(): boolean;
  output(): string;
  stop(): Promise<void>;
}

export function startNpm(args: readonly string[], settings: Readonly<Record<string, string>> = {}): NpmStart {
  const child = spawn('npm', args, {
    cwd: process.cwd(),
    env: { ...processEnvironment(), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what a terminal's Ctrl-C reaches.
    detached: true,
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const pid = child.pid ?? NaN;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    hasEnded,
    output: () => output,
    async stop() {
      if (hasEnded()) return;
      const ended = once(child, 'exit');
      process.kill(-pid, 'SIGINT');
      await ended;
    },
  };
}
