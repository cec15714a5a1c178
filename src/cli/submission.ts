/** The request of `perdure run`, from the command line and the files that it names. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { SubmitRun } from '../../contracts/runs.js';
import { CliError, exitCodes } from './exit-codes.js';

/** What the options of a command say of a run. */
export interface RunOptions {
  plan?: string;
  file?: string[];
  data?: string;
  metadata?: Record<string, string>;
  priority?: number;
  agent?: string;
  budget?: NonNullable<SubmitRun['budget']>;
  webhook?: string;
}

type InputFile = NonNullable<NonNullable<SubmitRun['inputs']>['files']>[number];

/** Whether it fits the contract is for the server to say. @throws CliError for a file that cannot be read */
export async function readSubmission(goal: string, given: RunOptions): Promise<SubmitRun> {
  const plan = given.plan === undefined ? undefined : await readPlan(given.plan);
  const files = await Promise.all((given.file ?? []).map(readInputFile));
  const data = given.data === undefined ? undefined : parse(given.data, '--data');
  return {
    goal,
    ...(plan === undefined ? {} : { plan: plan as SubmitRun['plan'] }),
    ...(files.length === 0 && data === undefined
      ? {}
      : {
          inputs: {
            ...(files.length === 0 ? {} : { files }),
            ...(data === undefined ? {} : { data: data as NonNullable<SubmitRun['inputs']>['data'] }),
          },
        }),
    ...(given.metadata === undefined ? {} : { metadata: given.metadata }),
    ...(given.priority === undefined ? {} : { priority: given.priority }),
    ...(given.budget === undefined ? {} : { budget: given.budget }),
    ...(given.agent === undefined ? {} : { agent: given.agent }),
    ...(given.webhook === undefined ? {} : { webhook: { url: given.webhook } }),
  };
}

const readPlan = async (file: string): Promise<unknown> =>
  file === '-'
    ? parse(await text(process.stdin), 'the plan on standard input')
    : parse((await read(file)).toString(), file);

/** `local` or `local=path`; a local name with "=" in it needs the path too. */
async function readInputFile(given: string): Promise<InputFile> {
  const at = given.lastIndexOf('=');
  const local = at < 0 ? given : given.slice(0, at);
  const content = await read(local);
  return {
    path: at < 0 ? path.basename(local) : given.slice(at + 1),
    ...(isUtf8(content) ? { content: content.toString() } : { contentBase64: content.toString('base64') }),
  };
}

const isUtf8 = (content: Buffer): boolean => Buffer.from(content.toString()).equals(content);

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error), exitCodes.misused, {
      cause: error,
    });
  }
}

function parse(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CliError(
      `${what} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.misused,
      { cause: error },
    );
  }
}
