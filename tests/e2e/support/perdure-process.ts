/** perdure as a user starts it: a process of its own, over a data directory of its own, on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { checkedFetch } from '../../../src/api/testing/checked-fetch.js';
import { createClient, type Client } from '../../../src/client/client.js';

const root = path.resolve(import.meta.dirname, '../../..');

export interface Outcome {
  code: number | null;
  output: string;
}

/** A perdure that scenarios run against, of however many processes it is. */
export interface PerdureSystem {
  readonly url: string;
  readonly client: Client;
  /** With which a request of one's own signs in. */
  readonly headers: Readonly<Record<string, string>>;
  stop(): Promise<unknown>;
}

/** Runs a command of scripts/run.mjs to its end. @param command a word, or several with blanks between them */
export async function runCommand(command: string, env: Record<string, string>): Promise<Outcome> {
  const { child, output } = launch(command, env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

/** @param script `scripts/built.mjs` is what images start, over dist/ as it is */
export function launch(
  command: string,
  env: Record<string, string>,
  script = 'scripts/run.mjs',
): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [path.join(root, script), ...command.split(' ')], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, output: () => text };
}

export class PerdureProcess implements PerdureSystem {
  private constructor(
    private readonly child: ChildProcess,
    readonly output: () => string,
    readonly url: string,
    readonly uiUrl: string,
    readonly client: Client,
    readonly headers = {},
  ) {}

  static async start(dataDir: string, env: Record<string, string> = {}): Promise<PerdureProcess> {
    const { child, output } = launch('start', { PERDURE_DATA_DIR: dataDir, ...env });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`perdure ended: ${output()}`);
      const url = /API\s+(http:\S+)/.exec(output())?.[1];
      const uiUrl = /Temporal Web UI\s+(http:\S+)/.exec(output())?.[1];
      if (url !== undefined && uiUrl !== undefined)
        return new PerdureProcess(
          child,
          output,
          url,
          uiUrl,
          createClient({ baseUrl: url, fetch: checkedFetch }),
        );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it as Ctrl-C does. @returns its exit code */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.hasEnded()) return this.child.exitCode;
    this.child.kill(signal);
    const [code] = (await once(this.child, 'close')) as [number | null];
    return code;
  }

  hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Kills it with all that it started, at one stroke. */
  async killTree(): Promise<number[]> {
    const pids = await this.tree();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await once(this.child, 'close');
    return pids;
  }

  /** The first of its descendants whose program is called so. */
  async pidOf(program: string): Promise<number> {
    for (const pid of await this.tree()) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (path.basename(command.split('\0')[0] ?? '').startsWith(program)) return pid;
    }
    throw new Error(`there is no ${program} among its processes`);
  }

  /** This process and its descendants. */
  async tree(): Promise<number[]> {
    const parents = new Map<number, number>();
    for (const entry of await readdir('/proc')) {
      const stat = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '') : '';
      const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
      if (parent !== undefined) parents.set(Number(entry), Number(parent));
    }
    const found = [this.child.pid ?? 0];
    for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
    return found;
  }
}

export const isAlive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // A zombie has ended; only nobody has asked for its code yet.
  return stat !== '' && !/^\d+ \(.*\) Z/s.test(stat);
};

export async function temporaryDirectory(): Promise<{ directory: string; remove: () => Promise<void> }> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-e2e-'));
  // Where the tests run as root, Postgres runs as another user and must get in: else its files would go to
  // the system directory and stay there.
  await chmod(directory, 0o755);
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }) };
}
