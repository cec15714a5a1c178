/** Submits a run, follows it, and prints what came of it. */
import pc from 'picocolors';
import type { RunEvent } from '../../contracts/events.js';
import type { Run } from '../../contracts/answers.js';
import type { SubmitRun } from '../../contracts/runs.js';
import type { Client } from '../client/client.js';
import { writeJson } from './output.js';
import { durationOf, printable } from './printable.js';
import { follow, jsonView, viewFor } from './progress/follow.js';

interface Options {
  signal: AbortSignal;
  follow: boolean;
  json?: true;
}

/** Progress goes to standard error, what programs want to standard output. */
export async function runAndFollow(
  client: Client,
  submission: SubmitRun,
  { idempotencyKey, ...options }: Options & { idempotencyKey?: string },
): Promise<void> {
  const { signal } = options;
  await followSubmitted(
    client,
    (onResponse) => client.submit(submission, { signal, idempotencyKey, onResponse }),
    options,
  );
}

/** The same of a run that is submitted in some way. */
export async function followSubmitted(
  client: Client,
  submit: (onResponse: (response: Response) => void) => Promise<Run>,
  { signal, json, follow: isFollowed }: Options,
): Promise<void> {
  const warnings: string[] = [];
  const run = await submit(({ headers }) => {
    warnings.push(headers.get('perdure-warning') ?? '');
  });
  if (warnings.includes('no_worker_polling'))
    process.stderr.write(pc.yellow('the run is safe, but no worker is there to take it up\n'));
  if (warnings.includes('no_tool_worker_polling'))
    process.stderr.write(pc.yellow('the run is safe, but no worker is there to call its tools\n'));
  if (!isFollowed) {
    if (json === true) writeJson(run);
    else process.stdout.write(`${run.id}\n`);
    return;
  }
  if (json !== true) process.stderr.write(`${pc.bold('run')} ${run.id}  ${pc.dim(printable(run.goal))}\n`);
  const view = json === true ? jsonView : viewFor(process.stderr);
  const last = await follow({ client, id: run.id, signal, view });
  if (json !== true && last !== undefined) tell(last, Date.parse(last.at) - Date.parse(run.createdAt));
}

function tell(last: RunEvent, ms: number): void {
  const took = pc.dim(`after ${durationOf(Math.max(0, ms))}`);
  if (last.type === 'run.completed') {
    process.stderr.write(`${pc.green('✔ completed')} ${took}\n`);
    writeJson(last.result);
  } else if (last.type === 'run.failed')
    process.stderr.write(
      `${pc.red('✖ failed')} ${took}: ${printable(last.error.message)} (${last.error.code})\n`,
    );
  else if (last.type === 'run.cancelled') process.stderr.write(`${pc.yellow('■ cancelled')} ${took}\n`);
}
