/** Programs built by Go, which needs no more than a module proxy. */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { spawnGuarded } from './child-process.js';
import { lastLines, logSince } from './server-log.js';
import type { Obtained, ObtainOptions } from './temporal-download.js';

const TELL_EVERY_MS = 10_000;

export interface GoInstallOptions extends ObtainOptions {
  /** The import path; the program takes its last part as its name. */
  readonly package: string;
  /** What people call it. */
  readonly title: string;
  /** Told before it begins. */
  readonly announcement: string;
}

/** Ends with the start that asked for it; never throws, except when no process can be started at all. */
export async function goInstall(options: GoInstallOptions): Promise<Obtained> {
  const { directory, env, onProgress, signal, title, version } = options;
  const go = await findGo(env.PATH ?? '');
  if (go === null) return { problem: 'Go is not on PATH' };
  if (signal?.aborted === true) return { problem: 'it was interrupted' };
  onProgress(options.announcement);
  const started = Date.now();
  const logFile = path.join(directory, 'build.log');
  const child = await spawnGuarded({
    command: go,
    args: ['install', `${options.package}@v${version}`],
    env: goEnvironment(env, directory),
    cwd: directory,
    logFile,
    graceSeconds: 2,
  });
  const ticker = setInterval(() => {
    onProgress(`Still building ${title} (${Math.round((Date.now() - started) / 1_000)} s) ...`);
  }, TELL_EVERY_MS);
  const onAbort = (): void => void child.stop();
  signal?.addEventListener('abort', onAbort);
  try {
    const { code } = await child.exited;
    if (code === 0) return { file: path.join(directory, path.basename(options.package)) };
    return { problem: `go install failed: ${lastLines(await logSince(logFile, 0), 2)}` };
  } finally {
    clearInterval(ticker);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Everything of the person's own Go settings holds, but for where the program goes. */
function goEnvironment(env: ObtainOptions['env'], directory: string): Record<string, string | undefined> {
  const homeless = (env.HOME ?? '') === '';
  return {
    ...env,
    // For this machine, whatever else is usually built on it; Go refuses GOBIN together with another target.
    GOOS: undefined,
    GOARCH: undefined,
    GOBIN: directory,
    // No C compiler is needed, and what is built does not hang on this machine's libc.
    CGO_ENABLED: '0',
    // A user without a home has no place for Go's caches either; these go with the directory.
    ...(homeless && {
      HOME: directory,
      GOPATH: env.GOPATH ?? path.join(directory, 'go'),
      GOCACHE: env.GOCACHE ?? path.join(directory, 'go-build'),
      GOFLAGS: `${env.GOFLAGS ?? ''} -modcacherw`.trim(),
    }),
  };
}

async function findGo(searchPath: string): Promise<string | null> {
  for (const directory of searchPath.split(path.delimiter)) {
    if (!path.isAbsolute(directory)) continue;
    const file = path.join(directory, 'go');
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this one.
    }
  }
  return null;
}
