import { once } from 'node:events';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { Connection, WorkflowClient } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identify } from './process-identity.js';
import { StartupError } from './startup-error.js';
import { startTemporal, type TemporalOptions } from './temporal-server.js';
import {
  TEMPORAL_TIMEOUT_MS,
  testDirectory,
  testTemporal,
  testTemporalBinary,
  type TestDirectory,
} from './testing/backends.js';
import { prepareActors, type Actors } from './testing/other-process.js';

const agentName = defineSearchAttributeKey('AgentName', 'KEYWORD');
const tenantId = defineSearchAttributeKey('TenantId', 'KEYWORD');

describe('our own Temporal', { timeout: 60_000 }, () => {
  let binary: string;
  let place: TestDirectory;
  let actors: Actors;
  let options: TemporalOptions;

  beforeAll(async () => {
    binary = await testTemporalBinary();
    actors = await prepareActors();
  }, TEMPORAL_TIMEOUT_MS);
  beforeEach(async () => {
    place = await testDirectory();
    options = {
      binary,
      dataDir: place.directory,
      port: 0,
      uiPort: 0,
      namespace: 'trial',
      searchAttributes: { TenantId: 'Keyword', RunStatus: 'Keyword' },
    };
  });
  afterEach(() => place.remove());
  afterAll(() => actors.release());

  const startWorkflow = async (address: string, workflowId: string, key = tenantId): Promise<void> => {
    const connection = await Connection.connect({ address });
    try {
      const client = new WorkflowClient({ connection, namespace: 'trial' });
      await client.start('none', {
        workflowId,
        taskQueue: 'none',
        typedSearchAttributes: [{ key, value: 't1' }],
      });
    } finally {
      await connection.close();
    }
  };
  const statusOf = async (address: string, workflowId: string): Promise<string> => {
    const connection = await Connection.connect({ address });
    try {
      const client = new WorkflowClient({ connection, namespace: 'trial' });
      return (await client.getHandle(workflowId).describe()).status.name;
    } finally {
      await connection.close();
    }
  };

  it('serves its namespace, search attributes and UI, and keeps its runs over a restart', async () => {
    const first = await startTemporal(options);
    await startWorkflow(first.address, 'w1');
    expect((await fetch(first.uiUrl)).status).toBe(200);
    await first.release();
    expect(await identify(first.pid)).toBeNull();
    const second = await startTemporal({
      ...options,
      searchAttributes: { ...options.searchAttributes, AgentName: 'Keyword' },
    });
    try {
      expect(await statusOf(second.address, 'w1')).toBe('RUNNING');
      await startWorkflow(second.address, 'w2', agentName);
    } finally {
      await second.release();
    }
  });

  it('keeps its runs when everything was killed with -9', async () => {
    const other = await actors.start('temporal', options);
    const server = Number(other.said.server);
    await startWorkflow(String(other.said.address), 'w1');
    process.kill(server, 'SIGKILL');
    await other.kill();
    const again = await startTemporal(options);
    try {
      expect(await statusOf(again.address, 'w1')).toBe('RUNNING');
    } finally {
      await again.release();
    }
  });

  it('ends the server that a killed start left, before it starts its own', async () => {
    const other = await actors.start('temporal', options);
    await startWorkflow(String(other.said.address), 'w1');
    // Not waiting for the guardian: the next start may come at once.
    await other.kill();
    const again = await startTemporal(options);
    try {
      expect(await identify(Number(other.said.server))).toBeNull();
      expect(await statusOf(again.address, 'w1')).toBe('RUNNING');
    } finally {
      await again.release();
    }
  });

  it('leaves the server of a perdure that is alive alone', async () => {
    const other = await actors.start('temporal', options);
    await expect(startTemporal(options)).rejects.toThrow(`another perdure (pid ${other.pid}) uses`);
    expect(await statusOf(String(other.said.address), 'none').catch(String)).toContain('not found');
    await other.kill();
    await expect.poll(() => identify(Number(other.said.server)), { timeout: 10_000 }).toBeNull();
  });

  it('reports when it ends by itself', async () => {
    const server = await testTemporal();
    process.kill(server.pid, 'SIGKILL');
    expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await server.release();
  });

  it('names a port that is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    await expect(startTemporal({ ...options, port })).rejects.toThrow(
      `Temporal’s port ${port} is taken; set TEMPORAL_PORT to a free one.`,
    );
    await expect(startTemporal({ ...options, uiPort: port })).rejects.toThrow(
      `the Temporal UI’s port ${port} is taken; set TEMPORAL_UI_PORT to a free one.`,
    );
    taken.close();
  });

  it('names a database file that is broken, and leaves it as it is', async () => {
    const file = path.join(place.directory, 'temporal.db');
    await writeFile(file, 'these are not the runs you are looking for');
    const starting = startTemporal(options);
    await expect(starting).rejects.toThrow(StartupError);
    await expect(starting).rejects.toThrow(`Temporal’s database ${file} is broken`);
    expect(await readFile(file, 'utf8')).toContain('not the runs');
  });

  it('names a database file that is broken further in', async () => {
    const file = path.join(place.directory, 'temporal.db');
    await writeFile(file, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(40_000, 7)]));
    await expect(startTemporal(options)).rejects.toThrow(`Temporal’s database ${file} is broken`);
  });

  it('begins anew where the database file is empty, unless changes lie beside it', async () => {
    const file = path.join(place.directory, 'temporal.db');
    await writeFile(file, '');
    await writeFile(`${file}-wal`, 'changes');
    await expect(startTemporal(options)).rejects.toThrow(`Temporal’s database ${file} is broken`);
    expect(await readFile(`${file}-wal`, 'utf8')).toBe('changes');
    await truncate(`${file}-wal`);
    await (await startTemporal(options)).release();
  });

  it('says that a folder is in the place of its log', async () => {
    const log = path.join(place.directory, 'logs', 'temporal.log');
    await mkdir(log, { recursive: true });
    await expect(startTemporal(options)).rejects.toThrow(
      `the log ${log} cannot be written: a folder is in its place.`,
    );
  });

  it('names a database file that is a folder', async () => {
    await mkdir(path.join(place.directory, 'temporal.db'));
    await expect(startTemporal(options)).rejects.toThrow(/cannot be written to/);
  });

  it('says the last words of a server that ends while it starts', async () => {
    const starting = startTemporal({ ...options, searchAttributes: { Odd: 'NoSuchType' } });
    await expect(starting).rejects.toThrow(/Temporal ended while it started: .*NoSuchType/);
  });
});
