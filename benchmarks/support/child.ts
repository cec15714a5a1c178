/** A file of the benchmarks, built, in a process of its own, and how it is talked with. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { build } from 'esbuild';
import { ownPlaces } from '../../scripts/own-places.mjs';

const root = process.cwd();
const ANSWER_MS = 120_000;

/**
 * @param file below benchmarks/, without its ending
 * @returns the path of what was built of it
 */
export async function buildProgram(file: string): Promise<string> {
  const outfile = path.join(root, 'dist', 'benchmarks', `${file}.mjs`);
  await build({
    entryPoints: [path.join(root, 'benchmarks', `${file}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    plugins: [ownPlaces],
    logLevel: 'error',
  });
  return outfile;
}

/** @param file below benchmarks/, without its ending; it should end when its parent disconnects */
export async function startChild(
  file: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): Promise<ChildProcess> {
  return fork(await buildProgram(file), args, { execArgv: [...execArgv] });
}

/** The next thing that it says. */
export async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const ended = new AbortController();
  const onExit = (code: number | null): void => {
    ended.abort(new Error(`a process of the benchmark ended with code ${code ?? 'of a signal'}`));
  };
  child.once('exit', onExit);
  try {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(ANSWER_MS)]);
    const [answer] = (await once(child, 'message', { signal })) as [Answer];
    return answer;
  } finally {
    child.off('exit', onExit);
  }
}

/** Ends it, and waits until it has ended. */
export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
