/** A disk that is full: nothing is lost, everybody is told, and with room again what waited goes on. */
import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimPort } from '../../src/adapters/embedded/free-port.js';
import type { Run } from '../../src/client/client.js';
import { PerdureProcess, temporaryDirectory } from '../e2e/support/perdure-process.js';
import { judgeRuns, persistently, untilEnded } from './support/ended-runs.js';

const run = promisify(execFile);
/** Postgres begins with 16 MB of log and 40 MB of tables. */
const DISK = 'size=256m,mode=755';

const canMount = await mountable();

async function mountable(): Promise<boolean> {
  const place = await temporaryDirectory();
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place.directory]);
    await run('umount', [place.directory]);
    return true;
  } catch {
    return false;
  } finally {
    await place.remove();
  }
}

// Only root may mount, and not in every container.
describe.skipIf(!canMount)('a full disk', () => {
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  let perdure: PerdureProcess;
  let env: { TEMPORAL_PORT: string };
  beforeAll(async () => {
    place = await temporaryDirectory();
    await run('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', place.directory]);
    env = { TEMPORAL_PORT: String(await claimPort('127.0.0.1', 0, 'port', 'TEMPORAL_PORT')) };
    perdure = await PerdureProcess.start(place.directory, env);
  }, 600_000);
  afterAll(async () => {
    await perdure.stop();
    await run('umount', ['--lazy', place.directory]);
    await place.remove();
  });

  /** @returns the file that takes up all the room there is */
  const fill = async (): Promise<string> => {
    const file = path.join(place.directory, 'filler');
    const handle = await open(file, 'w');
    try {
      for (const size of [4_000_000, 4_096])
        for (;;)
          try {
            await handle.appendFile(Buffer.alloc(size, 1));
          } catch {
            break;
          }
    } finally {
      await handle.close();
    }
    return file;
  };

  test('what waited goes on when there is room again', { timeout: 300_000 }, async () => {
    const submit = (n: number): Promise<Run> =>
      perdure.client.submit(
        {
          goal: `on a full disk ${n}`,
          plan: {
            steps: [
              { id: 'nap', tool: 'wait', args: { seconds: 4 } },
              {
                id: 'write',
                tool: 'file_write',
                args: { path: 'a.txt', content: 'x'.repeat(50_000) },
                dependsOn: ['nap'],
              },
            ],
          },
        },
        { idempotencyKey: `full-${n}` },
      );
    for (let n = 0; n < 2; n += 1) await submit(n);
    const filler = await fill();
    const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => submit(2 + i)));
    // Whoever is refused is told why, and may come again with the same key.
    for (const answer of answers)
      if (answer.status === 'rejected')
        expect(String(answer.reason)).toMatch(/disk is full|did not answer|could not be reached/);
    // Longer than what is under way has to wait until it writes.
    await sleep(8_000);
    await rm(filler);
    // A server that could write nothing may have ended, and perdure with it: then it is started again.
    if (perdure.hasEnded()) {
      expect(perdure.output()).toMatch(/ended by itself.* its disk is full/);
      perdure = await PerdureProcess.start(place.directory, env);
    }
    const all: string[] = [];
    for (let n = 0; n < 12; n += 1) all.push((await persistently(() => submit(n))).id);
    for (const id of all) await untilEnded(perdure.client, id);
    const connection = await Connection.connect({ address: `127.0.0.1:${env.TEMPORAL_PORT}` });
    const temporal = new TemporalClient({ connection });
    const ended = await judgeRuns(
      { client: perdure.client, temporal, acts: { of: () => new Map<string, number>() } },
      all,
    );
    await connection.close();
    expect(ended).toEqual({ byStatus: { completed: 12 }, violations: [] });
  });
});
