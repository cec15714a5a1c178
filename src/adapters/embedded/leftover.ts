/** What a killed start left running: each server's process is on record, and the next start ends it first. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asIdentity, identify, isSameProcess, type ProcessIdentity } from './process-identity.js';
import { hasCode, StartupError } from './startup-error.js';

/** Writes down which process serves, and that this process started it. */
export async function recordServer(file: string, pid: number): Promise<void> {
  const [server, owner] = await Promise.all([identify(pid), identify(process.pid)]);
  if (server === null) return;
  await writeFile(`${file}.new`, JSON.stringify({ server, owner }));
  await rename(`${file}.new`, file);
}

export async function forgetServer(file: string): Promise<void> {
  await rm(file, { force: true });
}

/**
 * Ends the recorded server when it still runs, and waits until it has ended.
 * @param what names the server in the error
 * @throws StartupError when a perdure that is alive uses it
 */
export async function stopLeftover(file: string, what: string, signal: NodeJS.Signals): Promise<void> {
  const record = await readRecord(file);
  if (record === null) return;
  const { server, owner } = record;
  if (await isSameProcess(server)) {
    if (owner !== null && owner.pid !== process.pid && (await isSameProcess(owner)))
      throw new StartupError(`another perdure (pid ${owner.pid}) uses ${what}; stop that one first.`);
    await end(server, signal, what);
  }
  await forgetServer(file);
}

async function end(server: ProcessIdentity, signal: NodeJS.Signals, what: string): Promise<void> {
  // Its guardian may be at it already: a server takes the same signal twice without harm.
  for (const [next, seconds] of [[signal, 10] as const, ['SIGKILL', 5] as const]) {
    try {
      process.kill(server.pid, next);
    } catch (error) {
      if (hasCode(error, 'EPERM'))
        throw new StartupError(
          `process ${server.pid}, left by an earlier start, still uses ${what} and belongs to another user; end it first.`,
          { cause: error },
        );
      if (!hasCode(error, 'ESRCH')) throw error;
    }
    for (const deadline = Date.now() + seconds * 1_000; Date.now() < deadline;) {
      if (!(await isSameProcess(server))) return;
      await sleep(50);
    }
  }
  throw new StartupError(`process ${server.pid}, left by an earlier start, cannot be ended; end it first.`);
}

async function readRecord(
  file: string,
): Promise<{ server: ProcessIdentity; owner: ProcessIdentity | null } | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('server' in value)) return null;
    const server = asIdentity(value.server);
    return server && { server, owner: 'owner' in value ? asIdentity(value.owner) : null };
  } catch (error) {
    // A file where the server's folder should be is for the server's own check to name.
    if (hasCode(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return null;
    throw error;
  }
}
