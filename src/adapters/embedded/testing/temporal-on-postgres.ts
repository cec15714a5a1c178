/** Temporal's own server over PostgreSQL, as production has it: both programs built once by Go, the schema by Temporal's tool. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
// Asked for by whoever runs tests, as in CONTRIBUTING.md.
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { spawnGuarded, type GuardedChild } from '../child-process.js';
import { claimPort } from '../free-port.js';
import { lastLines, logSince } from '../server-log.js';
import type { TemporalServer } from '../temporal-server.js';
import { testDirectory, testPostgres } from './backends.js';
import { goProgram, isBuilt } from './go-program.js';

const VERSION = '1.29.1';
const READY_WITHIN_MS = 120_000;
/** As in docker-compose.yml. */
const SHARDS = 16;
const SERVICES = ['frontend', 'history', 'matching', 'worker'] as const;

const SERVER = {
  package: 'go.temporal.io/server/cmd/server',
  version: VERSION,
  name: 'temporal-server',
};
const SQL_TOOL = {
  package: 'go.temporal.io/server/cmd/tools/sql',
  version: VERSION,
  name: 'temporal-sql-tool',
};

/** @returns why there is none; null when there is one, built before or, where BUILD_TEMPORAL is set, now (some minutes) */
export async function missingTemporalServer(): Promise<string | null> {
  for (const program of [SERVER, SQL_TOOL]) {
    if (env.BUILD_TEMPORAL === undefined && !(await isBuilt(program)))
      return `${program.name} is not built yet; BUILD_TEMPORAL=1 builds it`;
    const found = await goProgram(program);
    if ('problem' in found) return `${program.name} could not be had: ${found.problem}`;
  }
  return null;
}

/**
 * In the namespace `default`, which has no search attributes yet: `perdure migrate` adds them.
 * @param dynamicConfig a file
 */
export async function startTemporalOnPostgres(
  dynamicConfig: string,
): Promise<TemporalServer & { directory: string }> {
  const [program, tool] = [await goProgram(SERVER), await goProgram(SQL_TOOL)];
  if ('problem' in program) throw new Error(program.problem);
  if ('problem' in tool) throw new Error(tool.problem);
  const postgres = await testPostgres();
  const place = await testDirectory();
  let child: GuardedChild | undefined;
  const release = async (): Promise<void> => {
    await child?.stop();
    await postgres.release();
    await place.remove();
  };
  try {
    const { hostname, port, username, password } = new URL(postgres.connectionString);
    for (const [database, schema] of [
      ['temporal', 'temporal'],
      ['temporal_visibility', 'visibility'],
    ] as const)
      for (const command of [
        ['create'],
        ['setup-schema', '--version', '0.0'],
        ['update-schema', '--schema-name', `postgresql/v12/${schema}`],
      ])
        await promisify(execFile)(tool.file, [
          ...['--plugin', 'postgres12', '--endpoint', hostname, '--port', port],
          ...['--user', decodeURIComponent(username), '--password', decodeURIComponent(password)],
          ...['--database', database, ...command],
        ]);
    const ports: number[] = [];
    while (ports.length < 2 * SERVICES.length) {
      // A low one: Temporal keeps the ports of its services in PostgreSQL's smallest whole number.
      const port = await claimPort('127.0.0.1', 0, 'port', 'TEMPORAL_PORT');
      if (!ports.includes(port)) ports.push(port);
    }
    const address = `127.0.0.1:${ports[0] ?? 0}`;
    const store = (databaseName: string): object => ({
      sql: {
        ...{ pluginName: 'postgres12', databaseName, connectAddr: `${hostname}:${port}` },
        ...{ connectProtocol: 'tcp', user: decodeURIComponent(username) },
        ...{ password: decodeURIComponent(password), maxConns: 20, maxIdleConns: 20 },
      },
    });
    const config = {
      log: { stdout: true, level: 'warn' },
      persistence: {
        ...{ numHistoryShards: SHARDS, defaultStore: 'default', visibilityStore: 'visibility' },
        datastores: { default: store('temporal'), visibility: store('temporal_visibility') },
      },
      global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
      services: Object.fromEntries(
        SERVICES.map((name, i) => [
          name,
          { rpc: { grpcPort: ports[2 * i], membershipPort: ports[2 * i + 1], bindOnIP: '127.0.0.1' } },
        ]),
      ),
      clusterMetadata: {
        ...{ enableGlobalNamespace: false, failoverVersionIncrement: 10 },
        ...{ masterClusterName: 'active', currentClusterName: 'active' },
        clusterInformation: {
          active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
        },
      },
      dcRedirectionPolicy: { policy: 'noop' },
      publicClient: { hostPort: address },
      dynamicConfigClient: { filepath: dynamicConfig, pollInterval: '10s' },
    };
    await mkdir(path.join(place.directory, 'config'));
    await writeFile(path.join(place.directory, 'config', 'test.yaml'), stringify(config));
    const logFile = path.join(place.directory, 'temporal.log');
    child = await spawnGuarded({
      command: program.file,
      args: ['--root', place.directory, '--config', 'config', '--env', 'test', 'start'],
      env: { HOME: place.directory, PATH: '/usr/bin:/bin', TZ: 'UTC' },
      cwd: place.directory,
      logFile,
    });
    const ended = child.exited.then(async () => {
      throw new Error(`Temporal ended: ${lastLines(await logSince(logFile, 0), 5)}`);
    });
    ended.catch(() => undefined);
    await Promise.race([ended, makeNamespace(address)]);
    const { pid, exited } = child;
    return { address, uiUrl: 'http://127.0.0.1:8233', pid, exited, directory: place.directory, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** As soon as it answers; and waits until workers may poll in it. */
async function makeNamespace(address: string): Promise<void> {
  const connection = Connection.lazy({ address, interceptors: [] });
  const deadline = Date.now() + READY_WITHIN_MS;
  try {
    for (;;)
      try {
        await connection.withDeadline(Date.now() + 5_000, async () => {
          await connection.workflowService
            .registerNamespace({
              namespace: 'default',
              workflowExecutionRetentionPeriod: { seconds: { low: 86_400, high: 0, unsigned: false } },
            } as never)
            .catch((error: unknown) => {
              if (!String(error).includes('ALREADY_EXISTS')) throw error;
            });
          await connection.workflowService.countWorkflowExecutions({ namespace: 'default', query: '' });
        });
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await sleep(200);
      }
  } finally {
    await connection.close();
  }
}
