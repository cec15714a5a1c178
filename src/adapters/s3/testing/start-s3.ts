/** A real S3 server for tests: versitygw over a temporary directory, on a port of its own. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Config } from '../../../config/s3.js';
import { spawnGuarded, type GuardedChild } from '../../embedded/child-process.js';
import { claimPort } from '../../embedded/free-port.js';
import { testDirectory } from '../../embedded/testing/backends.js';
import { goProgram } from '../../embedded/testing/go-program.js';
import { accepts } from '../../embedded/testing/accepts.js';

const VERSION = '1.8.0';
const READY_WITHIN_MS = 20_000;

export interface S3Server {
  readonly config: S3Config & { readonly endpoint: string };
  /** Where the bucket's objects lie as files; unfinished uploads too. */
  readonly directory: string;
  /** An outage: open connections break, and new ones are refused. */
  stop(): Promise<void>;
  /** At the same address, with what was there. */
  start(): Promise<void>;
  release(): Promise<void>;
}

/** @returns why there is none: no Go, or no way to the module proxy; null when there is one */
export async function missingS3(): Promise<string | null> {
  const found = await program();
  return 'problem' in found ? `versitygw could not be had: ${found.problem}` : null;
}

const program = () => goProgram({ package: 'github.com/versity/versitygw/cmd/versitygw', version: VERSION });

export async function startS3(): Promise<S3Server> {
  const found = await program();
  if ('problem' in found) throw new Error(found.problem);
  const place = await testDirectory();
  const { directory } = place;
  const credentials = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-key' };
  const bucket = 'perdure-test';
  await mkdir(path.join(directory, 'root', bucket), { recursive: true });
  const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
  let child: GuardedChild | undefined;
  const server: S3Server = {
    config: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      bucket,
      prefix: 'files',
      pathStyle: true,
      credentials,
    },
    directory: path.join(directory, 'root', bucket),
    async start() {
      child = await spawnGuarded({
        command: found.file,
        args: [
          '--port',
          `127.0.0.1:${port}`,
          '--keep-alive',
          '--quiet',
          'posix',
          path.join(directory, 'root'),
        ],
        env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
        logFile: path.join(directory, 'versitygw.log'),
        graceSeconds: 1,
      });
      const ended = new AbortController();
      void child.exited.then(() => {
        ended.abort();
      });
      for (const deadline = Date.now() + READY_WITHIN_MS; !(await accepts(port));) {
        if (ended.signal.aborted || Date.now() > deadline)
          throw new Error(`versitygw did not start; see ${directory}`);
        await sleep(50);
      }
    },
    async stop() {
      await child?.stop();
      child = undefined;
    },
    async release() {
      await server.stop();
      await place.remove();
    },
  };
  await server.start();
  return server;
}
