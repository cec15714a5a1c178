/** Our own Postgres: the real one, on loopback, over files in the data directory. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../../ports/logger.js';
import { spawnGuarded, type Exit, type GuardedChild } from './child-process.js';
import { claimPort } from './free-port.js';
import { forgetServer, recordServer, stopLeftover } from './leftover.js';
import { postgresAccount, type Account } from './postgres-account.js';
import { exists, postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { broken, checkCluster, ensureCluster, SUPERUSER } from './postgres-cluster.js';
import { postgresPlace } from './postgres-place.js';
import { logSince, logSize, rotateLog, tellingLine } from './server-log.js';
import { hasCode, StartupError } from './startup-error.js';

const HOST = '127.0.0.1';
// Recovery after a kill replays at most max_wal_size, which takes seconds; a slow disk may need more.
const READY_WITHIN_MS = 120_000;

const SETTINGS = {
  listen_addresses: HOST,
  // No socket file: its path is limited to about 100 characters, and a data directory's may be longer.
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  fsync: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // One process to a connection is plenty here: no workers for reading ahead, none for parallel queries.
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  cluster_name: 'perdure',
} as const;

export interface PostgresOptions {
  /** Resolved, as lockDataDir answers it. */
  readonly dataDir: string;
  /** 0, the default, picks a free one. */
  readonly port?: number;
  /** Takes the database when the account that runs it cannot reach the data directory. */
  readonly systemDir?: string;
  /** Refuses to make an empty database where one should be. */
  readonly mustExist?: boolean;
  readonly logger?: Logger;
}

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly connectionString: string;
  readonly pid: number;
  /** Where the files are. */
  readonly directory: string;
  /** Settles when the server ends, asked or not. */
  readonly exited: Promise<Exit>;
  release(): Promise<void>;
}

interface Launch {
  readonly options: PostgresOptions;
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly password: string;
}

/** @throws StartupError when the files cannot be used or the server does not come up */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const systemDir = options.systemDir ?? '/var/lib/perdure';
  await mkdir(options.dataDir, { recursive: true });
  const account = await postgresAccount(path.join(options.dataDir, 'postgres'));
  const copyTo = account === undefined ? options.dataDir : systemDir;
  const binaries = await postgresBinaries(account, copyTo);
  const place = await postgresPlace(options.dataDir, systemDir, account);
  const { directory } = place;
  await stopLeftover(pidFileOf(directory), directory, 'SIGINT');
  if (options.mustExist === true && !(await exists(directory)))
    throw new StartupError(broken(directory, 'it is gone'));
  await ensureCluster(directory, binaries, account);
  await place.remember();
  const password = await checkCluster(directory, binaries);
  return launchUntilUp({ options, directory, binaries, account, password });
}

const pidFileOf = (directory: string): string => path.join(directory, 'server.pid.json');

async function launchUntilUp(launch: Launch): Promise<PostgresServer> {
  for (const deadline = Date.now() + 15_000; ;) {
    const started = await launchOnce(launch);
    if (typeof started !== 'string') return started;
    const inTime = Date.now() < deadline;
    const portTaken = started.includes('could not bind') || started.includes('Address already in use');
    if (portTaken && (launch.options.port ?? 0) === 0 && inTime) continue;
    // Sessions of a killed server take a moment to notice; until then the files are theirs.
    if (/pre-existing shared memory|lock file .* already exists/.test(started) && inTime) {
      await sleep(300);
      continue;
    }
    throw new StartupError(explain(started, launch.directory));
  }
}

function explain(said: string, directory: string): string {
  const why = tellingLine(said);
  // Of all that can go wrong, what no second try and no free space will mend.
  const isDamage =
    /PANIC|corrupt|incorrect checksum|invalid|pg_control|No such file or directory|incompatible/.test(said);
  if (isDamage && !said.includes('No space left')) return broken(directory, why);
  return `the database in ${directory} did not start: ${why === '' ? 'it said nothing' : why}`;
}

/** @returns the server, or what it said before it ended */
async function launchOnce({
  options,
  directory,
  binaries,
  account,
  password,
}: Launch): Promise<PostgresServer | string> {
  const port = await claimPort(HOST, options.port ?? 0, 'the database’s port', 'PERDURE_POSTGRES_PORT');
  const logFile = path.join(options.dataDir, 'logs', 'postgres.log');
  await rotateLog(logFile);
  const logStart = await logSize(logFile);
  const child = await spawnGuarded({
    command: binaries.postgres,
    args: [
      ...['-D', path.join(directory, 'data'), '-p', String(port)],
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    logFile,
    user: account,
    // The fast shutdown: sessions are ended, what was committed is on disk, the next start is quick.
    stopSignal: 'SIGINT',
    forceSignal: 'SIGQUIT',
  });
  const release = async (): Promise<void> => {
    await child.stop();
    await forgetServer(pidFileOf(directory));
  };
  const access = { host: HOST, port, user: SUPERUSER, password, database: 'perdure' };
  try {
    await recordServer(pidFileOf(directory), child.pid);
    if (!(await untilReady(child, access, directory))) {
      await release();
      return await logSince(logFile, logStart);
    }
  } catch (error) {
    await release();
    throw error;
  }
  const connectionString = `postgresql://${SUPERUSER}:${password}@${HOST}:${port}/${access.database}`;
  return { ...access, connectionString, pid: child.pid, directory, exited: child.exited, release };
}

type Access = Pick<PostgresServer, 'host' | 'port' | 'user' | 'password' | 'database'>;

/** @returns false when the server ended instead */
async function untilReady(child: GuardedChild, access: Access, directory: string): Promise<boolean> {
  const ended = child.exited.then(() => 'ended' as const);
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline;) {
    const attempt = ensureDatabase(access).then(
      () => 'ready' as const,
      (error: unknown) => error,
    );
    const outcome = await Promise.race([ended, attempt]);
    if (outcome === 'ready') return true;
    if (outcome === 'ended') return false;
    if (!isPassing(outcome)) throw refused(outcome, directory);
    if ((await Promise.race([ended, sleep(25)])) === 'ended') return false;
  }
  throw new StartupError(`the database did not answer within ${READY_WITHIN_MS / 1_000} seconds.`);
}

/**
 * Whether it may answer yet: it has not opened its port, it is starting up (57P03), a session was cut off, or the
 * template is in use (55006).
 */
const isPassing = (error: unknown): boolean =>
  hasCode(error, '57P01', '57P02', '57P03', '55006', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT') ||
  (error instanceof Error && /^(?:Connection terminated|timeout expired)/.test(error.message));

/** What a database that is up, and sound, does not say to its first session. */
function refused(error: unknown, directory: string): Error {
  if (!(error instanceof pg.DatabaseError)) return error instanceof Error ? error : new Error(String(error));
  if (error.code === '28P01')
    return new StartupError(broken(directory, 'its password file is not the one it was made with'), {
      cause: error,
    });
  // Class 53: it lacks space, memory or connections.
  if (error.code?.startsWith('53') === true)
    return new StartupError(`the database in ${directory} did not start: ${error.message}.`, {
      cause: error,
    });
  // 42P04: it could neither be opened, since it was missing, nor made, since it is on record.
  const why = error.code === '42P04' ? 'files are missing' : error.message;
  return new StartupError(broken(directory, why), { cause: error });
}

/** Opens the database, so that damage to it shows here, and makes it the first time. */
async function ensureDatabase(access: Access): Promise<void> {
  try {
    await inSession(access, (client) => client.query('select from pg_class limit 1'));
  } catch (error) {
    // 3D000: there is no such database.
    if (!hasCode(error, '3D000')) throw error;
    await inSession({ ...access, database: 'postgres' }, (client) =>
      client.query(`create database ${client.escapeIdentifier(access.database)}`),
    );
  }
}

async function inSession(access: Access, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ ...access, connectionTimeoutMillis: 5_000 });
  // A connection that breaks rejects the query at work; without a listener it would end the process too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
