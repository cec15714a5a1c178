/** Real back ends for tests: each call starts a server of its own in a temporary directory. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
// Tests find `temporal` and Go where the shell that runs them does; only the product takes src/config's word.
import { env as shell } from 'node:process';
import { startPostgres, type PostgresServer } from '../postgres-server.js';
import { cacheDirFrom, findTemporal, type Environment } from '../temporal-binary.js';
import { startTemporal, type TemporalServer } from '../temporal-server.js';

/** How long a test that asks for Temporal may take: a bare machine builds it once. */
export const TEMPORAL_TIMEOUT_MS = 600_000;

export interface TestDirectory {
  readonly directory: string;
  remove(): Promise<void>;
}

/** Unlike a plain mkdtemp, other users may enter: Postgres runs as one when the tests run as root. */
export async function testDirectory(): Promise<TestDirectory> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-test-'));
  await chmod(directory, 0o755);
  return { directory, remove: () => rm(directory, { recursive: true, force: true, maxRetries: 3 }) };
}

/**
 * @param env where `temporal` or Go are found
 * @param dynamicConfig beside the preset's
 * @returns the server, in the namespace `default`; its release removes the directory too
 */
export async function testTemporal(
  env: Environment = shell,
  dynamicConfig: Readonly<Record<string, string>> = {},
): Promise<TemporalServer & { directory: string }> {
  const binary = await testTemporalBinary(env);
  return inTestDirectory((dataDir) =>
    startTemporal({
      binary,
      dataDir,
      port: 0,
      uiPort: 0,
      namespace: 'default',
      dynamicConfig,
      searchAttributes: { TenantId: 'Keyword', AgentName: 'Keyword', RunStatus: 'Keyword' },
    }),
  );
}

/** @returns an empty database; its release removes the directory too */
export function testPostgres(): Promise<PostgresServer> {
  return inTestDirectory((dataDir) => startPostgres({ dataDir, systemDir: path.join(dataDir, 'system') }));
}

export function testTemporalBinary(env: Environment = shell): Promise<string> {
  return findTemporal({
    env,
    cacheDir: cacheDirFrom(env),
    onProgress: (sentence) => {
      console.error(sentence);
    },
  });
}

async function inTestDirectory<Server extends { release: () => Promise<void> }>(
  start: (dataDir: string) => Promise<Server>,
): Promise<Server & { directory: string }> {
  const place = await testDirectory();
  try {
    const server = await start(place.directory);
    const release = async (): Promise<void> => {
      await server.release();
      await place.remove();
    };
    // One that has a directory of its own keeps it.
    return { directory: place.directory, ...server, release };
  } catch (error) {
    await place.remove();
    throw error;
  }
}
