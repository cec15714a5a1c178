/** A child process that never outlives us, and that a Ctrl-C in the terminal does not reach before we say so. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { guardianScript } from './guardian.js';
import { refusal, StartupError } from './startup-error.js';

export interface GuardedOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Takes standard output and standard error; made together with its folder. */
  readonly logFile: string;
  /** Whom to run it as; only root may ask for another than itself. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  /** Seconds between the stop signal and the force signal. */
  readonly graceSeconds?: number;
  /** Sent when the grace is over; SIGKILL follows five seconds later. */
  readonly forceSignal?: 'SIGQUIT' | 'SIGKILL';
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface GuardedChild {
  readonly pid: number;
  /** Settles when the process has ended, for whatever reason; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to stop, insists after the grace, and waits until it has ended. */
  stop(): Promise<void>;
}

/** @throws StartupError when the child cannot be started at all, or its log file cannot be written */
export async function spawnGuarded(options: GuardedOptions): Promise<GuardedChild> {
  if (process.platform === 'win32')
    throw new StartupError('embedded back ends need Linux or macOS; on Windows use WSL.');
  const log = openLog(options.logFile);
  const guardian = spawn('/bin/sh', ['-c', guardianScript, 'guardian', ...guardianArguments(options)], {
    cwd: options.cwd ?? '/',
    env: options.env,
    stdio: ['ignore', log, log, 'pipe', 'pipe'],
    // A session of its own: the terminal's signals go to us alone, and we drain before we stop it.
    detached: true,
    ...(options.user ?? {}),
  });
  closeSync(log);
  const control = guardian.stdio[3] as Writable;
  const report = guardian.stdio[4] as Readable;
  // The guardian may be gone when the pipe is closed; its exit says all there is to say.
  control.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    guardian.once('exit', (code, signal) => {
      resolve(decode(code, signal));
    });
    guardian.once('error', () => {
      resolve({ code: 127, signal: null });
    });
  });
  const pid = Number(await firstLine(report));
  if (!Number.isInteger(pid) || pid <= 0) {
    control.destroy();
    throw new StartupError(`${options.command} could not be started; see ${options.logFile}.`);
  }
  return {
    pid,
    exited,
    stop: async () => {
      control.destroy();
      await exited;
    },
  };
}

function openLog(file: string): number {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    return openSync(file, 'a');
  } catch (error) {
    throw new StartupError(`the log ${file} cannot be written: ${refusal(error)}.`, { cause: error });
  }
}

function guardianArguments(options: GuardedOptions): string[] {
  return [
    (options.stopSignal ?? 'SIGTERM').slice(3),
    String(options.graceSeconds ?? 10),
    (options.forceSignal ?? 'SIGKILL').slice(3),
    '5',
    options.command,
    ...options.args,
  ];
}

/** A shell says 128 + n for a child that ended by signal n. */
function decode(code: number | null, signal: NodeJS.Signals | null): Exit {
  if (code === null || code <= 128) return { code, signal };
  const name = Object.entries(os.constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? { code, signal } : { code: null, signal: name as NodeJS.Signals };
}

async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) {
      text += String(chunk);
      if (text.includes('\n')) break;
    }
  } catch {
    // No guardian, no report: the empty line says so.
  }
  return text.trim();
}
