/** A real redis-server of a test's own, with TLS and a user who may do no more than the docs say, and its faults. */
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { env as shell } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { claimPort } from '../../embedded/free-port.js';
import { testDirectory } from '../../embedded/testing/backends.js';
import { makeCertificates } from './certificates.js';
import { findRedisServer, type RedisBinary } from './redis-binary.js';

export interface TestRedis {
  /** With the user and the password of the application. */
  url: string;
  /** Null without TLS. */
  caFile: string | null;
  port: number;
  /** As somebody who may do anything. */
  admin(...command: string[]): Promise<unknown>;
  /** Ends the server, as `kill -9` does. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stands still with every connection open, as a host does that hangs. */
  pause(): void;
  resume(): void;
  /** Empties it, and breaks every connection. */
  flush(): Promise<void>;
  release(): Promise<void>;
}

const ADMIN = { username: 'admin', password: 'of-the-test' };
/** Needs encoding in a URL, as passwords do. */
const PASSWORD = 'p@ss/word: 1%';
/** What docs/operating.md tells people to give. */
export const ACL = 'resetchannels &perdure:* -@all +publish +subscribe +unsubscribe +ping';

/** @returns why no redis-server can be had here; null where one can */
export async function redisMissing(): Promise<string | null> {
  try {
    await findRedisServer(shell);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function startRedis(options: { tls?: boolean; user?: string } = {}): Promise<TestRedis> {
  const { tls = true, user = 'perdure' } = options;
  const binary = await findRedisServer(shell);
  const place = await testDirectory();
  const certificates = tls ? await makeCertificates(place.directory) : null;
  const port = await claimPort('127.0.0.1', 0, 'port', 'none');
  const config = path.join(place.directory, 'redis.conf');
  await writeFile(
    config,
    [
      'bind 127.0.0.1',
      ...(certificates === null
        ? [`port ${port}`]
        : [
            'port 0',
            `tls-port ${port}`,
            `tls-cert-file ${certificates.certificateFile}`,
            `tls-key-file ${certificates.keyFile}`,
            `tls-ca-cert-file ${certificates.caFile}`,
            'tls-auth-clients no',
          ]),
      `dir ${place.directory}`,
      'save ""',
      'appendonly no',
      'user default off',
      `user ${ADMIN.username} on ">${ADMIN.password}" allcommands allkeys allchannels`,
      `user ${user} on ">${PASSWORD}" ${ACL}`,
    ].join('\n'),
  );
  const caFile = certificates?.caFile ?? null;
  const scheme = tls ? 'rediss' : 'redis';
  const admin = (...[command = '', ...args]: string[]): Promise<unknown> =>
    asAdmin(scheme, port, (client) => client.call(command, ...args));
  let server: ChildProcess | undefined;

  const redis: TestRedis = {
    url: `${scheme}://${user}:${encodeURIComponent(PASSWORD)}@localhost:${port}`,
    caFile,
    port,
    admin,
    async start() {
      server = launch(binary, config);
      for (let i = 0; ; i += 1) {
        try {
          await admin('PING');
          return;
        } catch (error) {
          if (i >= 100 || server.exitCode !== null) throw error;
          await sleep(50);
        }
      }
    },
    async stop() {
      const current = server;
      if (current?.exitCode !== null || current.signalCode !== null) return;
      const exited = once(current, 'exit');
      current.kill('SIGKILL');
      await exited;
    },
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    async flush() {
      await admin('FLUSHALL');
      await admin('CLIENT', 'KILL', 'USER', user);
    },
    async release() {
      await redis.stop();
      await place.remove();
    },
  };
  try {
    await redis.start();
    return redis;
  } catch (error) {
    await redis.release();
    throw error;
  }
}

function launch({ command, libraries }: RedisBinary, config: string): ChildProcess {
  return spawn(command, [config], {
    stdio: 'ignore',
    ...(libraries === undefined ? {} : { env: { LD_LIBRARY_PATH: libraries } }),
  });
}

async function asAdmin<Value>(
  scheme: string,
  port: number,
  act: (client: Redis) => Promise<Value>,
): Promise<Value> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    ...ADMIN,
    // Whether the server is whom it says is for the bus to find out.
    ...(scheme === 'rediss' ? { tls: { rejectUnauthorized: false } } : {}),
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await act(client);
  } finally {
    client.disconnect();
  }
}
