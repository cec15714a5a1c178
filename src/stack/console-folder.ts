/** Where the build has put the web console. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @returns null where there is none, as among the sources */
export function findConsole(): string | null {
  const folder = fileURLToPath(new URL('../../console/', import.meta.url));
  return existsSync(`${folder}assets`) ? folder : null;
}
