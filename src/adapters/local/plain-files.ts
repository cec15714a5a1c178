/** Files and folders that are just that: no links, no devices, nothing that perdure did not write. */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { PerdureError } from '../../../contracts/errors.js';

const MISSING = new Set(['ENOENT', 'ENOTDIR']);

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

export const isRegular = (stats: BigIntStats): boolean => stats.isFile() && stats.nlink === 1n;

/** Null for what is not there, and for links and all else that perdure did not write. */
export async function regular(file: string): Promise<BigIntStats | null> {
  try {
    const stats = await lstat(file, { bigint: true });
    return isRegular(stats) ? stats : null;
  } catch (error) {
    if (MISSING.has(codeOf(error))) return null;
    throw error;
  }
}

export async function openPlain(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (MISSING.has(codeOf(error)) || codeOf(error) === 'ELOOP') return null;
    throw error;
  }
}

/** Whether every folder from the root down to this one is a folder and no link. */
export async function isPlain(root: string, folder: string): Promise<boolean> {
  return (await firstOdd(root, folder)) === undefined;
}

export async function refuseLinks(root: string, folder: string, file: string): Promise<void> {
  if ((await firstOdd(root, folder)) === 'odd')
    throw new PerdureError('invalid_path', `${JSON.stringify(file)} would be a file and a folder at once`);
}

async function firstOdd(root: string, folder: string): Promise<'missing' | 'odd' | undefined> {
  let current = root;
  for (const part of path.relative(root, folder).split(path.sep)) {
    current = path.join(current, part);
    try {
      if (!(await lstat(current)).isDirectory()) return 'odd';
    } catch (error) {
      if (MISSING.has(codeOf(error))) return 'missing';
      throw error;
    }
  }
  return undefined;
}
