/** A lock file that names the process holding it, so that a lock left by a dead one can be taken over. */
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asIdentity, identify, isSameProcess, type ProcessIdentity } from './process-identity.js';
import { hasCode } from './startup-error.js';

export type LockAttempt =
  | { readonly held: true; release(): Promise<void> }
  | { readonly held: false; readonly holder: ProcessIdentity };

let attempts = 0;

/**
 * Takes the lock, or tells who has it; never waits.
 * @throws the file system's error when the lock cannot be written
 */
export async function tryLock(file: string): Promise<LockAttempt> {
  const self = await identify(process.pid);
  const content = JSON.stringify(self);
  const draft = `${file}.${process.pid}.${++attempts}`;
  await writeFile(draft, content);
  const held = { held: true as const, release: () => releaseOwn(file, content) };
  try {
    for (;;) {
      // A link appears with its content: nobody reads a lock that does not name its holder yet.
      if (await linked(draft, file)) return held;
      const found = await readIfThere(file);
      if (found === null) continue;
      const holder = parse(found);
      if (holder !== null && (await isSameProcess(holder))) return { held: false, holder };
      if (await replaceStale(file, found, draft)) return held;
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Puts our lock in the place of a dead holder's. Whoever does that holds a second lock meanwhile: a lock
 * simply deleted might by then be the new one of somebody quicker.
 */
async function replaceStale(file: string, stale: string, draft: string): Promise<boolean> {
  const turn = await tryLock(`${file}.takeover`);
  if (!turn.held) {
    await sleep(5);
    return false;
  }
  try {
    if ((await readIfThere(file)) !== stale) return false;
    await rename(draft, file);
    return true;
  } finally {
    await turn.release();
  }
}

/** Removes only what we wrote: after a take-over the lock is another's. */
async function releaseOwn(file: string, content: string): Promise<void> {
  if ((await readIfThere(file)) === content) await rm(file, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function parse(content: string): ProcessIdentity | null {
  try {
    return asIdentity(JSON.parse(content));
  } catch {
    return null;
  }
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
