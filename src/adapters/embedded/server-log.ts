/** The log file of a server we run: what it has said since a moment, to explain a start that failed. */
import { open, rename, stat } from 'node:fs/promises';
import { hasCode } from './startup-error.js';

const KEEP_BYTES = 10_000_000;
const TAIL_BYTES = 64_000;

/** Sets a large log aside, under the same name with `.1`. */
export async function rotateLog(file: string): Promise<void> {
  if ((await logSize(file)) > KEEP_BYTES) await rename(file, `${file}.1`);
}

/** @returns bytes; 0 when there is no log yet */
export async function logSize(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 0;
    throw error;
  }
}

/** @returns what was written after the first `from` bytes, at most the last 64 kB of it */
export async function logSince(file: string, from: number): Promise<string> {
  const size = await logSize(file);
  const start = Math.max(from, size - TAIL_BYTES);
  if (size <= start) return '';
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** @returns the last line with which one of Postgres' programs says what went wrong, or else the last there is */
export function tellingLine(text: string): string {
  const lines = text.split('\n');
  // A full disk goes before what came of it: Postgres panics over a transaction that it can no longer undo.
  for (const sign of [/No space left/, /FATAL|PANIC|ERROR|could not/]) {
    const telling = lines.filter((line) => sign.test(line));
    if (telling.length > 0) return lastLines(telling.join('\n'), 1);
  }
  return lastLines(text, 1);
}

/** @returns the last `count` lines that are not empty, joined by ` | ` */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ');
}
