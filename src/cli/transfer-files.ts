/** Files between a run's workspace and this machine. */
import { createWriteStream, openAsBlob } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, FileBody } from '../client/client.js';
import { causeOf } from '../client/errors.js';
import { CliError, exitCodes } from './exit-codes.js';
import { writeJson, writeTable } from './output.js';
import { printable, sizeOf } from './printable.js';

interface Options {
  signal: AbortSignal;
  json?: true | undefined;
}

export async function listFiles(client: Client, run: string, { json, signal }: Options): Promise<void> {
  const { files } = await client.files.list(run, { signal });
  if (json === true) {
    writeJson(files);
    return;
  }
  writeTable(
    ['PATH', 'SIZE', 'MODIFIED'],
    files.map((file) => [file.path, sizeOf(file.bytes), file.modifiedAt.slice(0, 19).replace('T', ' ')]),
  );
}

export async function getFile(
  client: Client,
  run: string,
  file: string,
  { output, signal }: Options & { output?: string | undefined },
): Promise<void> {
  const { body } = await client.files.get(run, file, { signal });
  const content = body === null ? Readable.from([]) : Readable.fromWeb(body);
  // The answer has begun, so the client cannot tell any more what breaks it off.
  let broken: Error | undefined;
  content.once('error', (error) => {
    broken = error;
  });
  if (output === undefined) {
    await pipeline(content, process.stdout, { signal, end: false }).catch((error: unknown) => {
      throw broken === undefined ? error : brokenOff(file, broken);
    });
    return;
  }
  const part = `${output}.${process.pid}.part`;
  try {
    await pipeline(content, createWriteStream(part), { signal });
    await rename(part, output);
  } catch (error) {
    await rm(part, { force: true });
    if (signal.aborted) throw error;
    if (broken !== undefined) throw brokenOff(file, broken);
    throw isOfSystem(error) ? cannot(error) : error;
  }
}

const brokenOff = (file: string, cause: Error): CliError =>
  new CliError(
    `${file} has not come whole: the connection broke (${causeOf(cause)})`,
    exitCodes.unreachable,
    { cause },
  );

export async function putFile(
  client: Client,
  run: string,
  { local, path: to }: { local: string; path: string | undefined },
  { json, signal }: Options,
): Promise<void> {
  const body = local === '-' ? (Readable.toWeb(process.stdin) as FileBody) : await open(local);
  if (local === '-' && to === undefined)
    throw new CliError('standard input has no name: say what it is called in the run', exitCodes.misused);
  const stored = await client.files.put(run, to ?? path.basename(local), body, { signal });
  if (json === true) writeJson(stored);
  else process.stdout.write(`${printable(stored.path)}  ${sizeOf(stored.bytes)}\n`);
}

/** Read while it is sent, whatever its size. */
async function open(local: string): Promise<FileBody> {
  try {
    if (!(await stat(local)).isFile()) throw new CliError(`${local} is no file`, exitCodes.misused);
    return await openAsBlob(local);
  } catch (error) {
    throw isOfSystem(error) ? cannot(error) : error;
  }
}

const isOfSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error;

const cannot = (error: Error): CliError => new CliError(error.message, exitCodes.misused, { cause: error });
