/** An API or a worker that is started again whenever it ends, as in a cluster. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KeptProcess {
  /** As it runs now. */
  readonly child: ChildProcess;
  /** How it ended, each time that it ended unasked: an exit code or a signal. */
  readonly ends: readonly (number | string)[];
  /** All that it has written so far. */
  output(): string;
  /** What it has written since it was started last. */
  latest(): string;
  /** Resolves when the output has it. @returns the first group, or the whole match */
  says(words: RegExp): Promise<string>;
  stop(): Promise<void>;
}

const RESTART_MS = 1_000;

export function keepProcess(kind: 'api' | 'worker', env: Readonly<Record<string, string>>): KeptProcess {
  const ends: (number | string)[] = [];
  let text = '';
  let latest = '';
  let isKept = true;
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'fault-process.mjs'), kind], {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    latest = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        text = (text + piece.toString()).slice(-2_000_000);
        if (child === current) latest = (latest + piece.toString()).slice(-2_000_000);
      });
    child.once('exit', (code, signal) => {
      if (!isKept) return;
      ends.push(code ?? signal ?? 'unknown');
      // One that was killed comes back at once; one that cannot start would keep the machine busy with trying.
      if (code === null) current = start();
      else
        setTimeout(() => {
          if (isKept) current = start();
        }, RESTART_MS);
    });
    return child;
  };
  let current = start();
  return {
    get child() {
      return current;
    },
    ends,
    output: () => text,
    latest: () => latest,
    async says(words) {
      for (;;) {
        const found = words.exec(text);
        if (found !== null) return found[1] ?? found[0];
        await sleep(50);
      }
    },
    async stop() {
      isKept = false;
      const last = current;
      if (last.exitCode !== null || last.signalCode !== null) return;
      const ended = once(last, 'exit');
      last.kill('SIGCONT');
      last.kill('SIGKILL');
      await ended;
    },
  };
}

/** The address at which the API listens. */
export const addressOf = (api: KeptProcess): Promise<string> => api.says(/the API listens at (http:[^"\s]+)/);
/** Whether the worker polls, as it runs now. */
export const isUp = (worker: KeptProcess): boolean => worker.latest().includes('"the worker has started"');
/** Resolves when the worker polls. */
export const isReady = (worker: KeptProcess): Promise<string> => worker.says(/"the worker has started"/);
