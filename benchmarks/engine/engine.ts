/** perdure as `npm start` runs it, and a bare worker on the same Temporal: who is measured against whom. */
import { Client, Connection } from '@temporalio/client';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import { testDirectory } from '../../src/adapters/embedded/testing/backends.js';
import { Releasers } from '../../src/stack/releasers.js';
import { createLogger } from '../../src/adapters/pino/logger.js';
import { answerOf, endChild, startChild } from '../support/child.js';
import { cpuSecondsBelow, cpuSecondsOf, memoryBelow, memoryOf } from '../support/cpu.js';
import { ensureBuilt } from '../../scripts/build.mjs';

export type Process = 'perdure' | 'temporal' | 'postgres' | 'bare worker';

/** CPU seconds since each process began. */
export type Cpu = Record<Process, number>;

export interface Engine {
  apiUrl: string;
  client: Client;
  /** Of Temporal, host:port. */
  address: string;
  /** Of the bare worker. */
  taskQueue: string;
  cpu(): Cpu;
  /** Bytes of each now. */
  memory(): Record<Process, number>;
  /** When the workflow's first bare activity began, by process.hrtime. */
  firstActivityAt: (workflowId: string) => Promise<bigint>;
  release(): Promise<void>;
}

/** @param settings of perdure, beside those of every benchmark */
export async function startEngine(settings: Readonly<Record<string, string>> = {}): Promise<Engine> {
  const releasers = new Releasers();
  const release = (): Promise<void> => releasers.release(createLogger([]));
  try {
    await ensureBuilt(process.cwd());
    const place = await testDirectory();
    releasers.push('the directory', () => place.remove());
    const port = await claimPort('127.0.0.1', 0, 'the benchmark’s port', 'TEMPORAL_PORT');
    const perdure = await startChild('engine/perdure-stack', [
      place.directory,
      String(port),
      JSON.stringify(settings),
    ]);
    releasers.push('perdure', () => endChild(perdure));
    const { apiUrl } = await answerOf<{ apiUrl: string }>(perdure);
    const address = `127.0.0.1:${port}`;
    const taskQueue = 'bare';
    const bare = await startChild('engine/bare-worker', [address, taskQueue]);
    releasers.push('the bare worker', () => endChild(bare));
    await answerOf(bare);
    const connection = await Connection.connect({ address });
    releasers.push('the connection', () => connection.close());
    const pid = perdure.pid ?? NaN;
    return {
      apiUrl,
      client: new Client({ connection }),
      address,
      taskQueue,
      cpu: () => ({
        perdure: cpuSecondsOf(pid),
        temporal: cpuSecondsBelow(pid, 'temporal'),
        postgres: cpuSecondsBelow(pid, 'postgres'),
        'bare worker': cpuSecondsOf(bare.pid ?? NaN),
      }),
      memory: () => ({
        perdure: memoryOf(pid),
        temporal: memoryBelow(pid, 'temporal'),
        postgres: memoryBelow(pid, 'postgres'),
        'bare worker': memoryOf(bare.pid ?? NaN),
      }),
      async firstActivityAt(workflowId) {
        const answer = new Promise<bigint>((resolve) => {
          const take = (said: { workflowId: string; atNs: string }): void => {
            if (said.workflowId !== workflowId) return;
            bare.off('message', take);
            resolve(BigInt(said.atNs));
          };
          bare.on('message', take);
        });
        bare.send(workflowId);
        return answer;
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}
