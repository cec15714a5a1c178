/** Our own Temporal: the development server over one SQLite file, tuned for a single machine. */
import { open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Logger } from '../../ports/logger.js';
import { spawnGuarded, type Exit, type GuardedChild } from './child-process.js';
import { claimPort } from './free-port.js';
import { forgetServer, recordServer, stopLeftover } from './leftover.js';
import { lastLines, logSince, logSize, rotateLog } from './server-log.js';
import { hasCode, StartupError } from './startup-error.js';
import { addSearchAttributes } from './temporal-search-attributes.js';

const READY_WITHIN_MS = 60_000;

// What the measurements in docs/adr say. One shard polls its queues 20 times a second by default, which is
// 50 ms a hop; with WAL, `normal` loses nothing when a process dies.
const DYNAMIC_CONFIG: Readonly<Record<string, string>> = {
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
  'system.enableActivityEagerExecution': 'true',
  'matching.enableFairness': 'true',
  // Workers tell how full they are: what they say tells a full one from one that is gone.
  'frontend.WorkerHeartbeatsEnabled': 'true',
  'frontend.ListWorkersEnabled': 'true',
  // From its fourth loss in a row on, Temporal lets a workflow task's holder be silent for ever longer, up to ten
  // minutes: what is lost to workers that are killed again and again would wait so long for the next.
  'history.workflowTaskRetryMaxInterval': '"5s"',
};
const PRAGMAS: Readonly<Record<string, string>> = { journal_mode: 'wal', synchronous: 'normal' };

export interface TemporalOptions {
  /** Absolute path of a `temporal` executable, as findTemporal answers it. */
  readonly binary: string;
  readonly dataDir: string;
  /** The address it listens at; loopback unless told. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly uiPort: number;
  readonly namespace: string;
  /** Name to type, such as `{ TenantId: 'Keyword' }`. */
  readonly searchAttributes: Readonly<Record<string, string>>;
  /** Temporal's settings beside those of the preset, or instead of them. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
}

export interface TemporalServer {
  /** host:port of the gRPC front end. */
  readonly address: string;
  readonly uiUrl: string;
  readonly pid: number;
  /** Settles when the server ends, asked or not. */
  readonly exited: Promise<Exit>;
  release(): Promise<void>;
}

/** @throws StartupError when a port is taken, the file is broken or the server does not come up in a minute */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const dbFile = path.join(options.dataDir, 'temporal.db');
  const pidFile = path.join(options.dataDir, 'temporal.pid.json');
  await stopLeftover(pidFile, dbFile, 'SIGTERM');
  await checkDatabaseFile(dbFile);
  // A free port picked by us may be gone by the time the server opens it; a port asked for is tried once.
  for (let attempt = 1; ; attempt++) {
    const started = await launch(options, dbFile, pidFile);
    if (typeof started !== 'string') return started;
    const canMove = options.port === 0 || options.uiPort === 0;
    if (!canMove || attempt === 3 || !started.includes('address already in use'))
      throw new StartupError(await explain(started, dbFile));
    options.logger?.debug({ attempt }, 'a port was taken while Temporal started, trying another');
  }
}

/** @returns the server, or what it said before it ended */
async function launch(
  options: TemporalOptions,
  dbFile: string,
  pidFile: string,
): Promise<TemporalServer | string> {
  const host = options.host ?? '127.0.0.1';
  const port = await claimPort(host, options.port, 'Temporal’s port', 'TEMPORAL_PORT');
  const uiPort = await claimPort(host, options.uiPort, 'the Temporal UI’s port', 'TEMPORAL_UI_PORT');
  const logFile = path.join(options.dataDir, 'logs', 'temporal.log');
  await rotateLog(logFile);
  const logStart = await logSize(logFile);
  const child = await spawnGuarded({
    command: options.binary,
    args: serverArguments(options, dbFile, host, port, uiPort),
    // Without HOME it complains about its settings; with the person's own it would read them.
    env: { HOME: options.dataDir, PATH: '/usr/bin:/bin', TZ: 'UTC' },
    cwd: options.dataDir,
    logFile,
  });
  const release = async (): Promise<void> => {
    await child.stop();
    await forgetServer(pidFile);
  };
  try {
    await recordServer(pidFile, child.pid);
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (!(await untilReady(child, address, options))) {
      await release();
      return await logSince(logFile, logStart);
    }
    const uiUrl = `http://${host.includes(':') ? `[${host}]` : host}:${uiPort}`;
    return { address, uiUrl, pid: child.pid, exited: child.exited, release };
  } catch (error) {
    await release();
    throw error;
  }
}

function serverArguments(
  options: TemporalOptions,
  dbFile: string,
  host: string,
  port: number,
  uiPort: number,
): string[] {
  return [
    ...['server', 'start-dev', '--db-filename', dbFile],
    ...['--ip', host, '--port', String(port), '--ui-port', String(uiPort)],
    ...['--namespace', options.namespace, '--log-level', 'warn'],
    ...each('--search-attribute', options.searchAttributes),
    ...each('--dynamic-config-value', { ...DYNAMIC_CONFIG, ...options.dynamicConfig }),
    ...each('--sqlite-pragma', PRAGMAS),
  ];
}

const each = (flag: string, values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);

/**
 * Ready is when the namespace answers: the port is open some time before that.
 * @returns false when the server ended instead
 */
async function untilReady(
  child: GuardedChild,
  address: string,
  { namespace, searchAttributes }: TemporalOptions,
): Promise<boolean> {
  const ended = child.exited.then(() => 'ended' as const);
  const deadline = Date.now() + READY_WITHIN_MS;
  // No retries of the SDK's own: one that is due after close() would end the process.
  const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 250 };
  const connection = Connection.lazy({ address, interceptors: [], channelArgs });
  let answer: Promise<'ready' | 'not yet'> | undefined;
  try {
    while (Date.now() < deadline) {
      answer = connection
        .withDeadline(Date.now() + 2_000, () => connection.workflowService.describeNamespace({ namespace }))
        .then(() =>
          connection.withDeadline(deadline, () =>
            addSearchAttributes(connection, namespace, searchAttributes),
          ),
        )
        .then(
          () => 'ready' as const,
          () => 'not yet' as const,
        );
      const state = await Promise.race([ended, answer]);
      if (state === 'ready') return true;
      if (state === 'ended' || (await Promise.race([ended, sleep(50)])) === 'ended') return false;
    }
  } finally {
    await answer;
    await connection.close();
  }
  throw new StartupError(`Temporal did not answer at ${address} within ${READY_WITHIN_MS / 1_000} seconds.`);
}

async function checkDatabaseFile(file: string): Promise<void> {
  try {
    const handle = await open(file, 'r+');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
      if (bytesRead === 0) await removeEmpty(file);
      else if (buffer.toString('latin1') !== 'SQLite format 3\0') throw new StartupError(broken(file));
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    if (hasCode(error, 'EACCES', 'EISDIR', 'EROFS'))
      throw new StartupError(`Temporal’s database ${file} cannot be written to.`, { cause: error });
    throw error;
  }
}

/**
 * An empty file is a database that has not been written to yet, but Temporal makes its tables only where there
 * is no file. A log of changes beside it says that there was more once.
 */
async function removeEmpty(file: string): Promise<void> {
  if ((await logSize(`${file}-wal`)) > 0) throw new StartupError(broken(file));
  for (const suffix of ['-wal', '-shm', '-journal', '']) await rm(`${file}${suffix}`, { force: true });
}

async function explain(said: string, dbFile: string): Promise<string> {
  // First, for a full disk takes its log, too, and looks like a broken file.
  if (/disk is full|No space left/i.test(said) || (await hasNoRoom(path.dirname(dbFile))))
    return `Temporal cannot write to its database ${dbFile}: its disk is full.`;
  if (/not a database|malformed|no such table|disk I\/O error/.test(said)) return broken(dbFile);
  if (said.includes('address already in use'))
    return 'another program took Temporal’s port while it started; start again, or set TEMPORAL_PORT.';
  return `Temporal ended while it started: ${lastLines(said, 3) || 'it said nothing'}.`;
}

/** Less than SQLite takes to begin with. */
const LEAST_BYTES = 100_000;

async function hasNoRoom(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < LEAST_BYTES;
}

const broken = (file: string): string =>
  `Temporal’s database ${file} is broken; restore it from a backup, or move it away to start with an empty one (runs in progress are lost).`;
