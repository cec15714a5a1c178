import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from './data-dir-lock.js';
import { identify } from './process-identity.js';
import { StartupError } from './startup-error.js';
import { testDirectory, type TestDirectory } from './testing/backends.js';
import { prepareActors, type Actors } from './testing/other-process.js';

describe('the lock of a data directory', () => {
  let place: TestDirectory;
  let actors: Actors;
  let dataDir: string;
  beforeAll(async () => {
    place = await testDirectory();
    actors = await prepareActors();
  });
  beforeEach(async () => {
    dataDir = path.join(place.directory, 'deep', 'data');
    await rm(dataDir, { recursive: true, force: true });
  });
  afterAll(async () => {
    await actors.release();
    await place.remove();
  });

  it('makes the directory, and can be had again after its release', async () => {
    for (let round = 0; round < 2; round++) {
      const lock = await lockDataDir(dataDir);
      expect(lock.dataDir).toBe(dataDir);
      expect(await readdir(dataDir)).toEqual(['lock']);
      await lock.release();
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  it('refuses a second start and names the first', async () => {
    const other = await actors.start('lock', { dataDir });
    const second = lockDataDir(dataDir);
    await expect(second).rejects.toThrow(StartupError);
    await expect(second).rejects.toThrow(`another perdure (pid ${other.pid}) uses ${dataDir}`);
  });

  it('is taken over from a process that was killed', async () => {
    const other = await actors.start('lock', { dataDir });
    await other.kill();
    await (await lockDataDir(dataDir)).release();
  });

  it('is taken over when the number now belongs to another process', async () => {
    await mkdir(dataDir, { recursive: true });
    await writeFile(path.join(dataDir, 'lock'), JSON.stringify({ pid: process.ppid, started: 'long ago' }));
    await (await lockDataDir(dataDir)).release();
  });

  it('is taken over when its file was cut short', async () => {
    await mkdir(dataDir, { recursive: true });
    await writeFile(path.join(dataDir, 'lock'), '{"pid":');
    await (await lockDataDir(dataDir)).release();
  });

  it('goes to exactly one of many that find a stale one at once', async () => {
    await mkdir(dataDir, { recursive: true });
    for (let round = 0; round < 10; round++) {
      await writeFile(path.join(dataDir, 'lock'), JSON.stringify({ pid: 1, started: `long ago ${round}` }));
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dataDir)));
      const winners = results.filter((result) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(JSON.parse(await readFile(path.join(dataDir, 'lock'), 'utf8'))).toEqual(
        await identify(process.pid),
      );
      await winners[0]?.value.release();
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  it('says that a file is in the way', async () => {
    await mkdir(path.dirname(dataDir), { recursive: true });
    await writeFile(dataDir, 'a file');
    await expect(lockDataDir(dataDir)).rejects.toThrow(
      /cannot be used: a file is in its place; set PERDURE_DATA_DIR/,
    );
    await expect(lockDataDir(path.join(dataDir, 'below'))).rejects.toThrow(/a file is in its place/);
  });

  // Elsewhere there is no folder of which the system says this.
  if (process.platform === 'linux')
    it('says that nothing can be made in a folder of the kernel’s', async () => {
      await expect(lockDataDir('/proc/perdure/data')).rejects.toThrow(
        /cannot be used: nothing can be made there; set PERDURE_DATA_DIR/,
      );
    });
});
