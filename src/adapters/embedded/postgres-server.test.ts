import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres, type PostgresOptions } from './postgres-server.js';
import { identify } from './process-identity.js';
import { StartupError } from './startup-error.js';
import { testDirectory, testPostgres, type TestDirectory } from './testing/backends.js';
import { prepareActors, type Actors } from './testing/other-process.js';

const run = promisify(execFile);

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('our own Postgres', { timeout: 60_000 }, () => {
  let place: TestDirectory;
  let actors: Actors;
  let options: PostgresOptions;
  let directory: string;

  beforeAll(async () => {
    actors = await prepareActors();
  });
  beforeEach(async () => {
    place = await testDirectory();
    options = {
      dataDir: path.join(place.directory, 'data'),
      systemDir: path.join(place.directory, 'system'),
    };
    directory = path.join(options.dataDir, 'postgres');
  });
  afterEach(() => place.remove());
  afterAll(() => actors.release());

  it('serves an empty database on loopback, in UTF-8 and UTC, with fsync', async () => {
    const server = await testPostgres();
    try {
      const [row] = await query(
        server.connectionString,
        `select current_database() as db, current_setting('timezone') as tz, current_setting('fsync') as fsync,
                current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listens,
                lower('ÄÉ') as lowered`,
      );
      expect(row).toEqual({
        db: 'perdure',
        tz: 'UTC',
        fsync: 'on',
        encoding: 'UTF8',
        listens: '127.0.0.1',
        lowered: 'äé',
      });
      const wrong = server.connectionString.replace(server.password, 'guess');
      await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
      expect((await stat(path.join(server.directory, 'password'))).mode & 0o777).toBe(0o600);
    } finally {
      await server.release();
    }
    expect(await identify(server.pid)).toBeNull();
  });

  it('keeps its rows over a restart', async () => {
    const first = await startPostgres(options);
    await query(first.connectionString, 'create table kept as select 42 as n');
    await first.release();
    const second = await startPostgres(options);
    try {
      expect(second.password).toBe(first.password);
      expect(await query(second.connectionString, 'select n from kept')).toEqual([{ n: 42 }]);
    } finally {
      await second.release();
    }
  });

  it('keeps its rows when everything was killed with -9', async () => {
    const other = await actors.start('postgres', options);
    const connectionString = String(other.said.connectionString);
    await query(connectionString, 'create table kept as select generate_series(1, 1000) as n');
    process.kill(Number(other.said.server), 'SIGKILL');
    await other.kill();
    const again = await startPostgres(options);
    try {
      expect(await query(again.connectionString, 'select count(*)::int as n from kept')).toEqual([
        { n: 1000 },
      ]);
    } finally {
      await again.release();
    }
  });

  it('ends the server that a killed start left, before it starts its own', async () => {
    const other = await actors.start('postgres', options);
    await query(String(other.said.connectionString), 'create table kept as select 42 as n');
    await other.kill();
    const again = await startPostgres(options);
    try {
      expect(await identify(Number(other.said.server))).toBeNull();
      expect(await query(again.connectionString, 'select n from kept')).toEqual([{ n: 42 }]);
    } finally {
      await again.release();
    }
  });

  it('starts although the number of a killed server belongs to another process now', async () => {
    await (await startPostgres(options)).release();
    const stale = `${process.pid}\n${directory}/data\n1\n5432\n\n127.0.0.1\n  1 1\nready\n`;
    await writeFile(path.join(directory, 'data', 'postmaster.pid'), stale);
    await (await startPostgres(options)).release();
  });

  it('starts although the note of a killed server is garbage, or empty', async () => {
    await (await startPostgres(options)).release();
    for (const content of ['garbage\n', '']) {
      await writeFile(path.join(directory, 'data', 'postmaster.pid'), content);
      await (await startPostgres(options)).release();
    }
  });

  it('leaves the server of a perdure that is alive alone', async () => {
    const other = await actors.start('postgres', options);
    await expect(startPostgres(options)).rejects.toThrow(
      `another perdure (pid ${other.pid}) uses ${directory}`,
    );
    expect(await query(String(other.said.connectionString), 'select 1 as n')).toEqual([{ n: 1 }]);
    await other.kill();
    await expect.poll(() => identify(Number(other.said.server)), { timeout: 10_000 }).toBeNull();
  });

  it('begins again where an earlier start was cut off while it made the files', async () => {
    await mkdir(path.join(options.dataDir, 'postgres.tmp-1', 'data'), { recursive: true });
    await (await startPostgres(options)).release();
    expect((await readdir(options.dataDir)).sort()).toEqual(['logs', 'postgres']);
  });

  it('names a port that is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    await expect(startPostgres({ ...options, port })).rejects.toThrow(`the database’s port ${port} is taken`);
    taken.close();
  });

  it('says which files are broken, and leaves them', async () => {
    await (await startPostgres(options)).release();
    const control = path.join(directory, 'data', 'global', 'pg_control');
    await writeFile(control, Buffer.alloc(8192, 7));
    const starting = startPostgres(options);
    await expect(starting).rejects.toThrow(StartupError);
    await expect(starting).rejects.toThrow(`the database in ${directory} is broken`);
    await rm(control);
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(.*pg_control/);
    await rm(path.join(directory, 'data', 'PG_VERSION'));
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(files are missing\)/);
    await writeFile(path.join(directory, 'data', 'PG_VERSION'), '15\n');
    await expect(startPostgres(options)).rejects.toThrow(/was made by Postgres 15/);
    await writeFile(path.join(directory, 'data', 'PG_VERSION'), 'xyz\n');
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(its PG_VERSION is damaged\)/);
    expect(await readdir(path.join(directory, 'data'))).toContain('base');
  });

  it('says that it is broken when only its first session meets the damage', async () => {
    const server = await startPostgres(options);
    const [row] = await query(
      server.connectionString,
      `select pg_relation_filepath('pg_namespace') as namespaces, oid from pg_database
        where datname = current_database()`,
    );
    await server.release();
    const data = path.join(directory, 'data');
    const namespaces = path.join(data, String(row?.namespaces));
    const whole = await readFile(namespaces);
    await truncate(namespaces);
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(could not read blocks/);
    await writeFile(namespaces, whole);
    await (await startPostgres(options)).release();
    const map = path.join(data, 'base', String(row?.oid), 'pg_filenode.map');
    await writeFile(map, Buffer.alloc(524, 7));
    const starting = startPostgres(options);
    await expect(starting).rejects.toThrow(StartupError);
    await expect(starting).rejects.toThrow(/is broken \(.*pg_filenode.map" contains invalid data\)/);
    await rm(path.dirname(map), { recursive: true });
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(files are missing\)/);
  });

  it('says that a file is in the place of its folder, or of its logs', async () => {
    await mkdir(options.dataDir);
    await writeFile(directory, '');
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(a file is in its place\)/);
    await rm(directory);
    await writeFile(path.join(options.dataDir, 'logs'), '');
    await expect(startPostgres(options)).rejects.toThrow(
      /postgres.log cannot be written: a file is in its place/,
    );
  });

  it('says that the password file does not fit', async () => {
    await (await startPostgres(options)).release();
    await writeFile(path.join(directory, 'password'), 'another\n');
    await expect(startPostgres(options)).rejects.toThrow(/password file is not the one/);
    await truncate(path.join(directory, 'password'));
    await expect(startPostgres(options)).rejects.toThrow(/is broken \(its password file is empty\)/);
  });

  // Only root runs Postgres as somebody else, whom the folder can be closed to: elsewhere there is no such case.
  const asRoot = process.getuid?.() === 0;
  if (asRoot)
    describe('as root, with the data directory closed to others', () => {
      beforeEach(async () => {
        await mkdir(options.dataDir);
        await chmod(options.dataDir, 0o700);
      });

      it('lies in the system directory, and is found again', async () => {
        const first = await startPostgres(options);
        expect(first.directory.startsWith(`${options.systemDir ?? ''}/`)).toBe(true);
        await query(first.connectionString, 'create table kept as select 42 as n');
        await first.release();
        expect((await readFile(path.join(options.dataDir, 'postgres.location'), 'utf8')).trim()).toBe(
          first.directory,
        );
        // Open now: what is on record counts all the same.
        await chmod(options.dataDir, 0o755);
        const second = await startPostgres(options);
        expect(await query(second.connectionString, 'select n from kept')).toEqual([{ n: 42 }]);
        await second.release();
        await rm(first.directory, { recursive: true });
        await expect(startPostgres(options)).rejects.toThrow(
          /should be at .* and is not; restore it, or delete/,
        );
      });

      it('runs as the owner of files that another user made', async () => {
        await chmod(options.dataDir, 0o755);
        const first = await startPostgres(options);
        await first.release();
        const { uid } = await stat(path.join(first.directory, 'data'));
        await run('chown', ['-R', `${uid + 20_000}`, first.directory]);
        const second = await startPostgres(options);
        expect((await stat(`/proc/${second.pid}`)).uid).toBe(uid + 20_000);
        await second.release();
      });

      it('starts empty when the data directory was deleted', async () => {
        const first = await startPostgres(options);
        await query(first.connectionString, 'create table kept as select 42 as n');
        await first.release();
        await rm(options.dataDir, { recursive: true });
        await mkdir(options.dataDir, { mode: 0o700 });
        const second = await startPostgres(options);
        await expect(query(second.connectionString, 'select n from kept')).rejects.toThrow(/does not exist/);
        await second.release();
      });
    });
});
