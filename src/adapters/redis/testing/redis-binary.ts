/** Finds a `redis-server` for the tests: on PATH, in our cache, or from Debian's packages, without installing them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirFrom, type Environment } from '../../embedded/temporal-binary.js';
import { unpackDebian } from '../../embedded/testing/debian-packages.js';

const run = promisify(execFile);

export interface RedisBinary {
  command: string;
  /** Where the libraries are that came with it; for LD_LIBRARY_PATH. */
  libraries: string | undefined;
}

/** The program is in the second one; which libraries it needs differs from release to release. */
const packages = ['redis-server', 'redis-tools'];
const libraries = [
  'libjemalloc2',
  'liblzf1',
  'libatomic1',
  'liblua5.1-0',
  'lua-cjson',
  'lua-bitop',
  'libhiredis0.14',
];

/** @throws Error that says why there is none to be had */
export async function findRedisServer(env: Environment): Promise<RedisBinary> {
  const onPath = { command: 'redis-server', libraries: undefined };
  if (await works(onPath)) return onPath;
  const cache = cacheDirFrom(env);
  const kept = path.join(cache, `redis-${process.platform}-${process.arch}`);
  const cached = await binaryIn(kept);
  if (await works(cached)) return cached;
  if (process.platform !== 'linux')
    throw new Error('there is no redis-server on PATH; Debian packages hold one for Linux only');
  await mkdir(cache, { recursive: true });
  const place = await mkdtemp(path.join(cache, 'redis.tmp-'));
  try {
    await unpackDebian(place, env, packages, libraries).catch((error: unknown) => {
      throw new Error("there is no redis-server on PATH, and none to be had from Debian's packages", {
        cause: error,
      });
    });
    const fresh = await binaryIn(place);
    if (!(await works(fresh))) throw new Error("the redis-server of Debian's packages does not run here");
    // Another test process may have been quicker; then its copy stays.
    await rename(place, kept).catch(() => undefined);
    const final = await binaryIn(kept);
    if (await works(final)) return final;
    throw new Error(`no redis-server can be kept in ${kept}`);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function binaryIn(directory: string): Promise<RedisBinary> {
  const base = path.join(directory, 'usr', 'lib');
  const folders = await readdir(base).catch(() => []);
  return {
    command: path.join(directory, 'usr', 'bin', 'redis-server'),
    libraries: [base, ...folders.map((folder) => path.join(base, folder))].join(path.delimiter),
  };
}

async function works({ command, libraries: from }: RedisBinary): Promise<boolean> {
  try {
    if (path.isAbsolute(command)) await stat(command);
    const env = from === undefined ? {} : { env: { LD_LIBRARY_PATH: from } };
    await run(command, ['--version'], { timeout: 10_000, ...env });
    return true;
  } catch {
    return false;
  }
}
