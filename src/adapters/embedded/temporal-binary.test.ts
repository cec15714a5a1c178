import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { identify } from './process-identity.js';
import { StartupError } from './startup-error.js';
import { cacheDirFrom, findTemporal } from './temporal-binary.js';
import { testDirectory, type TestDirectory } from './testing/backends.js';
import { prepareActors, type Actors } from './testing/other-process.js';

const run = promisify(execFile);
const cachedName = `temporal-1.5.1-${process.platform}-${process.arch}`;
const program = (server: string) =>
  `#!/bin/sh\necho "temporal version 1.5.1 (Server ${server}, UI 2.42.1)"\n`;

describe('finding Temporal', () => {
  let place: TestDirectory;
  let bin: string;
  let cacheDir: string;
  let actors: Actors;
  let mirror: http.Server;
  /** What the mirror answers: 404 when there is nothing. */
  let archive: Buffer | null;
  let asked: string[];
  let progress: string[];

  beforeAll(async () => {
    actors = await prepareActors();
    mirror = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(archive === null ? 404 : 200).end(archive);
    });
    mirror.listen(0, '127.0.0.1');
    await once(mirror, 'listening');
  });
  beforeEach(async () => {
    place = await testDirectory();
    bin = path.join(place.directory, 'bin');
    cacheDir = path.join(place.directory, 'cache', 'perdure');
    await mkdir(bin);
    // Only what is put here is on PATH, whatever this machine has.
    await put('tar', '#!/bin/sh\nPATH=/usr/bin:/bin exec tar "$@"\n');
    archive = null;
    asked = [];
    progress = [];
  });
  afterEach(() => place.remove());
  afterAll(async () => {
    mirror.close();
    await actors.release();
  });

  const put = async (name: string, content: string, directory = bin): Promise<string> => {
    const file = path.join(directory, name);
    await writeFile(file, content);
    await chmod(file, 0o755);
    return file;
  };
  const putGo = (script: string) =>
    put('go', `#!/bin/sh\nPATH=/usr/bin:/bin\necho "$@" >> ${bin}/calls\n${script}\n`);
  const goThatBuilds = `printf '%s' '${program('1.29.1')}' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`;
  const find = (more: { signal?: AbortSignal } = {}) =>
    findTemporal({
      env: { PATH: bin, HOME: '' },
      cacheDir,
      onProgress: (sentence) => progress.push(sentence),
      downloadBase: `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`,
      ...more,
    });

  it('takes one from PATH, and never asks for more', async () => {
    const file = await put('temporal', program('1.30.0'));
    expect(await find()).toBe(file);
    expect(progress).toEqual([]);
  });

  it('passes over one that is too old or broken, and says so', async () => {
    await put('temporal', program('1.20.3'));
    await putGo(goThatBuilds);
    expect(await find()).toBe(path.join(cacheDir, cachedName));
    expect(progress[0]).toBe(`${bin}/temporal is not used: its server 1.20 is older than 1.29.`);
    await put('temporal', '#!/bin/sh\nexit 3\n');
    await find();
    expect(progress.at(-1)).toMatch(/temporal is not used: it does not run/);
  });

  it('downloads the archive for this machine and keeps the program', async () => {
    const from = path.join(place.directory, 'archive');
    await mkdir(from);
    await put('temporal', program('1.29.1'), from);
    await writeFile(path.join(from, 'LICENSE'), 'free');
    await run('tar', ['-czf', path.join(from, 'a.tar.gz'), '-C', from, 'LICENSE', 'temporal']);
    archive = await readFile(path.join(from, 'a.tar.gz'));
    const file = await find();
    expect(file).toBe(path.join(cacheDir, cachedName));
    expect(await find()).toBe(file);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^\/cli\/archive\/v1\.5\.1\?platform=(linux|darwin)&arch=(amd64|arm64)$/);
    expect(await readdir(cacheDir)).toEqual([cachedName]);
  });

  it('builds with Go when there is no download', async () => {
    await putGo(`echo "$CGO_ENABLED $GOFLAGS" >> ${bin}/seen; ${goThatBuilds}`);
    expect(await find()).toBe(path.join(cacheDir, cachedName));
    expect(await readFile(path.join(bin, 'calls'), 'utf8')).toBe(
      'install github.com/temporalio/cli/cmd/temporal@v1.5.1\n',
    );
    expect(await readFile(path.join(bin, 'seen'), 'utf8')).toBe('0 -modcacherw\n');
    expect(progress).toContain(
      'Building Temporal with Go instead; this takes about three minutes, the first time only.',
    );
    expect(await readdir(cacheDir)).toEqual([cachedName]);
  });

  it('builds with Go when the download is no archive', async () => {
    archive = Buffer.from('<html>log in to the hotel network</html>');
    await putGo(goThatBuilds);
    expect(await find()).toBe(path.join(cacheDir, cachedName));
  });

  it('builds once for several starts at once', async () => {
    await putGo(`sleep 0.5; ${goThatBuilds}`);
    const found = await Promise.all([find(), find(), find()]);
    expect(new Set(found).size).toBe(1);
    expect(await readFile(path.join(bin, 'calls'), 'utf8')).toMatch(/^install [^\n]+\n$/);
  });

  it('leaves nothing half-made when a build is killed, and builds again', async () => {
    await putGo(`echo $$ > ${bin}/pid; echo half > "$GOBIN/temporal"; exec sleep 600`);
    const other = await actors.start('find', { cacheDir, env: { PATH: bin, HOME: '' } });
    await expect.poll(() => readFile(path.join(bin, 'pid'), 'utf8').catch(() => '')).toMatch(/^\d+\n$/);
    await other.kill();
    const go = Number(await readFile(path.join(bin, 'pid'), 'utf8'));
    await expect.poll(() => identify(go), { timeout: 20_000 }).toBeNull();
    expect(await readdir(cacheDir)).toEqual(expect.arrayContaining(['temporal.lock']));
    await putGo(goThatBuilds);
    expect(await find()).toBe(path.join(cacheDir, cachedName));
    expect(await readdir(cacheDir)).toEqual([cachedName]);
  });

  it('ends the build when the start is interrupted', async () => {
    await putGo(`echo $$ > ${bin}/pid; exec sleep 600`);
    const controller = new AbortController();
    const finding = find({ signal: controller.signal });
    const settled = expect(finding).rejects.toThrow('the start was interrupted');
    await expect.poll(() => readFile(path.join(bin, 'pid'), 'utf8').catch(() => '')).toMatch(/^\d+\n$/);
    controller.abort();
    await settled;
    expect(await identify(Number(await readFile(path.join(bin, 'pid'), 'utf8')))).toBeNull();
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('names every way out when there is none', async () => {
    const nothing = find();
    await expect(nothing).rejects.toThrow(StartupError);
    await expect(nothing).rejects.toThrow(
      /the download answered 404; Go is not on PATH.*on PATH; install Go.*set TEMPORAL_ADDRESS/,
    );
    await putGo('echo "no such module" >&2; exit 1');
    await expect(find()).rejects.toThrow(/go install failed: no such module/);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('says when there is no place to keep it', async () => {
    await rm(path.dirname(cacheDir), { recursive: true, force: true });
    await writeFile(path.dirname(cacheDir), 'a file');
    await expect(find()).rejects.toThrow(/none can be kept in .*; set XDG_CACHE_HOME/);
  });
});

it('keeps it where caches are kept', () => {
  expect(cacheDirFrom({ XDG_CACHE_HOME: '/var/cache/me', HOME: '/home/me' })).toBe('/var/cache/me/perdure');
  expect(cacheDirFrom({ XDG_CACHE_HOME: '', HOME: '/home/me' })).toBe('/home/me/.cache/perdure');
  expect(path.isAbsolute(cacheDirFrom({ HOME: '' }))).toBe(true);
});
