/** A second process that runs our code, for tests that kill it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface OtherProcess {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The first line it printed, parsed. */
  readonly said: Record<string, unknown>;
  /** kill -9, and wait until it has gone. */
  kill(): Promise<void>;
}

export interface Actors {
  start(role: string, options: object): Promise<OtherProcess>;
  /** Kills what still runs and removes what was built. */
  release(): Promise<void>;
}

/** Builds actor.ts once; its roles are listed there. */
export async function prepareActors(): Promise<Actors> {
  // Below node_modules, so that the packages it imports are found from there.
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const directory = await mkdtemp(path.join(root, 'node_modules', '.perdure-test-'));
  const outfile = path.join(directory, 'actor.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./actor.ts', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
  });
  const running: OtherProcess[] = [];
  return {
    start: async (role, options) => {
      const started = await startActor(outfile, role, options);
      running.push(started);
      return started;
    },
    release: async () => {
      await Promise.all(running.map((other) => other.kill()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function startActor(file: string, role: string, options: object): Promise<OtherProcess> {
  // Detached: a group of its own, as a shell gives to what it starts.
  const child = spawn(process.execPath, [file, role, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line'), exited.then(() => [undefined])]);
  const said: unknown = typeof first[0] === 'string' ? JSON.parse(first[0]) : undefined;
  if (typeof said !== 'object' || said === null || child.pid === undefined)
    throw new Error(`the actor ${role} ended before it said anything`);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await exited;
  };
  return { process: child, pid: child.pid, said: { ...said }, kill };
}
