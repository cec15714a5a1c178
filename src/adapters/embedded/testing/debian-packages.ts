/** Files of Debian's packages, unpacked without being installed: for tests, by whoever may use apt-get. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Environment } from '../temporal-binary.js';

const run = promisify(execFile);

/**
 * @param needed all of them, or it throws
 * @param wanted those of them that this release has
 */
export async function unpackDebian(
  directory: string,
  env: Environment,
  needed: readonly string[],
  wanted: readonly string[] = [],
): Promise<void> {
  const options = { cwd: directory, timeout: 60_000, env };
  const download = (names: readonly string[]): Promise<unknown> =>
    run('apt-get', ['download', '-o', 'APT::Sandbox::User=root', ...names], options);
  // A machine that has never asked for its packages has no list of them.
  await download(needed).catch(async () => {
    await run('apt-get', ['update'], options);
    await download(needed);
  });
  for (const name of wanted) await download([name]).catch(() => undefined);
  for (const file of await readdir(directory))
    if (file.endsWith('.deb')) await run('dpkg', ['-x', file, '.'], options);
}
