/** Writes that appear whole under their name or not at all, and last. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm, writeFile, link, type rename } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { PerdureError } from '../../../contracts/errors.js';
import { codeOf, regular } from './plain-files.js';

/** Beside the tenants; no encoded tenant begins with a dot. What a kill left in it may be deleted at a start. */
export const TEMPORARY = '.tmp';

async function writeDurably(file: string, content: Readable | Uint8Array | string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await writeFile(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function throughTemporary<Result>(
  root: string,
  content: Readable | Uint8Array | string,
  use: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = path.join(root, TEMPORARY, randomUUID());
  await mkdir(path.dirname(temporary), { recursive: true });
  try {
    await writeDurably(temporary, content);
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Gives what is in the temporary file its name, and makes the name last. */
export async function place(
  temporary: string,
  target: string,
  file: string,
  give: typeof rename | typeof link,
): Promise<void> {
  const folder = path.dirname(target);
  for (let tries = 0; ; tries++)
    try {
      await mkdir(folder, { recursive: true });
      await give(temporary, target);
      await syncFolder(folder);
      return;
    } catch (error) {
      if (give === link && codeOf(error) === 'EEXIST') throw error;
      if (['EISDIR', 'ENOTDIR', 'EEXIST', 'ENOTEMPTY'].includes(codeOf(error)))
        throw new PerdureError(
          'invalid_path',
          `${JSON.stringify(file)} would be a file and a folder at once`,
        );
      // A delete beside us removed the folder just when it was empty.
      if (codeOf(error) !== 'ENOENT' || tries >= 20) throw error;
    }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whoever created the file takes its temporary name away right after; until then it counts as no file. */
export async function untilWhole(target: string, file: string): Promise<void> {
  for (const deadline = Date.now() + 2_000; (await regular(target)) === null;) {
    if (Date.now() > deadline)
      throw new PerdureError('workspace_unavailable', `${file} is there, but is not a whole file`);
    await delay(5);
  }
}
