/** A real S3 server for tests: versitygw over a temporary directory, on a port of its own. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { S3Config } from '../../../config/s3.js';
import type { GuardedChild } from '../../embedded/child-process.js';
import { claimPort } from '../../embedded/free-port.js';
import { testDirectory } from '../../embedded/testing/backends.js';
import { goProgram } from '../../embedded/testing/go-program.js';
import { spawnListening } from '../../embedded/testing/spawn-listening.js';

const VERSION = '1.8.0';

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
      child = await spawnListening(
        {
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
        },
        port,
      );
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
