/** What S3 does wrong, and what is made of it: outages, refusals, slowness, presigned links. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Workspace } from '../../ports/workspace.js';
import { createS3Workspace } from './s3-workspace.js';
import { missingS3, startS3, type S3Server } from './testing/start-s3.js';

const missing = await missingS3();
const scope = { tenantId: 't', runId: 'r' };
const quick = { times: { connect: 500, idle: 500, attempt: 1_000, call: 2_000 } };

describe.skipIf(missing !== null)(`S3 with faults ${missing ?? ''}`, () => {
  let server: S3Server;
  let workspace: Workspace;
  let close: () => void;
  beforeAll(async () => {
    server = await startS3();
    ({ workspace, close } = createS3Workspace(server.config));
  });
  afterAll(async () => {
    close();
    await server.release();
  });
  const configured = (more: object): Workspace =>
    createS3Workspace({ ...server.config, ...more }, quick).workspace;

  test('an outage in the middle of an upload fails it as retryable; the repeat succeeds', async () => {
    const content = Readable.from(
      (async function* () {
        for (let i = 0; i < 40; i++) {
          if (i === 20) await server.stop();
          yield Buffer.alloc(1_000_000);
        }
      })(),
    );
    await expect(workspace.put(scope, 'up', content)).rejects.toMatchObject({
      code: 'workspace_unavailable',
    });
    await server.start();
    expect(await workspace.stat(scope, 'up')).toBeNull();
    expect(await workspace.put(scope, 'up', 'again')).toMatchObject({ bytes: 5 });
  });

  test('an outage in the middle of a download breaks it, never ends it short', async () => {
    await workspace.put(scope, 'down', Buffer.alloc(60_000_000));
    const { content } = await workspace.get(scope, 'down');
    const read = async (): Promise<void> => {
      let stopped = false;
      for await (const _ of content) {
        if (!stopped) await server.stop();
        stopped = true;
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'workspace_unavailable' });
    await server.start();
  });

  test('deleteAll ends uploads that were never completed', async () => {
    const run = { tenantId: 't', runId: 'unfinished' };
    const content = Readable.from(
      (async function* () {
        for (let i = 0; i < 20; i++) yield Buffer.alloc(1_000_000);
        await server.stop();
        throw new Error('gone');
      })(),
    );
    await expect(workspace.put(run, 'f', content)).rejects.toThrow();
    await server.start();
    const unfinished = async (): Promise<number> =>
      (await readdir(server.directory, { recursive: true })).filter((f) =>
        /\.sgwtmp\/multipart\/[^/]+\/[^/]+$/.test(f),
      ).length;
    expect(await unfinished()).toBeGreaterThan(0);
    await workspace.deleteAll(run);
    await workspace.deleteAll(scope);
    expect(await unfinished()).toBe(0);
  });

  test.each([
    [{ credentials: { accessKeyId: 'unknown', secretAccessKey: 'x' } }, 'S3_ACCESS_KEY_ID'],
    [{ credentials: { accessKeyId: 'test-access-key', secretAccessKey: 'wrong' } }, 'S3_SECRET_ACCESS_KEY'],
    [{ bucket: 'no-such-bucket' }, 'S3_BUCKET'],
  ])('what only a person can set right is terminal, and names the variable: %j', async (more, variable) => {
    await expect(configured(more).check()).rejects.toMatchObject({
      code: 'workspace_refused',
      message: expect.stringContaining(variable) as string,
    });
  });

  test('presigned links take exactly the file they were made for, and give it back', async () => {
    const put = await workspace.presign?.(scope, 'linked ü.txt', {
      method: 'PUT',
      bytes: 5,
      expiresSeconds: 60,
    });
    expect((await fetch(put?.url ?? '', { method: 'PUT', body: 'too long' })).ok).toBe(false);
    expect((await fetch(put?.url ?? '', { method: 'PUT', body: 'hello' })).status).toBe(200);
    expect(await workspace.list(scope)).toContainEqual(
      expect.objectContaining({ path: 'linked ü.txt', bytes: 5 }),
    );
    const get = await workspace.presign?.(scope, 'linked ü.txt', { method: 'GET', expiresSeconds: 60 });
    const answer = await fetch(get?.url ?? '');
    expect(await answer.text()).toBe('hello');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
    const other = (put?.url ?? '').replace('linked', 'winked');
    expect((await fetch(other, { method: 'PUT', body: 'hello' })).status).toBe(403);
  });
});

test('a server that never answers, and one that stops in the middle, end in time-outs', async () => {
  const silent = await serve(() => undefined);
  await expect(silent.workspace.stat(scope, 'x')).rejects.toMatchObject({ code: 'workspace_unavailable' });
  await silent.close();
  const half = await serve((_req, res) => {
    res.writeHead(200, { 'content-length': '10', etag: '"e"' }).write('half');
  });
  const { content } = await half.workspace.get(scope, 'x');
  await expect(text(content)).rejects.toMatchObject({ code: 'workspace_unavailable' });
  await half.close();
});

test('a server that asks for slower calls is asked again', async () => {
  let asked = 0;
  const busy = await serve((_req, res) => {
    asked += 1;
    if (asked < 3) res.writeHead(503).end('<Error><Code>SlowDown</Code><Message>slower</Message></Error>');
    else res.writeHead(200, { 'content-length': '0', etag: '"e"' }).end();
  });
  const { content } = await busy.workspace.get(scope, 'x');
  expect([await text(content), asked]).toEqual(['', 3]);
  await busy.close();
});

async function serve(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { workspace, close } = createS3Workspace(
    {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket: 'b-b',
      prefix: '',
      pathStyle: true,
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    },
    quick,
  );
  return {
    workspace,
    close: async () => {
      close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
