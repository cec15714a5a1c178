/** Follows a run to its end and says by the exit code how it ended. */
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import type { Client } from '../../client/client.js';
import { exitCodes } from '../exit-codes.js';
import { writeJsonLine } from '../output.js';
import { createLiveView } from './live-view.js';
import { createPlainView } from './plain-view.js';
import type { RunView } from './run-view.js';

export interface Following {
  client: Client;
  id: string;
  signal: AbortSignal;
  view: RunView;
  after?: number;
}

/** Events as JSON lines on standard output. */
export const jsonView: RunView = {
  show: writeJsonLine,
  note: () => undefined,
  end: () => undefined,
};

/** Painted where there is a terminal that can be painted on, else as lines. */
export const viewFor = (terminal: typeof process.stderr): RunView =>
  terminal.isTTY && terminal.rows > 0 ? createLiveView(terminal) : createPlainView(terminal);

/** @returns the terminal event; sets the exit code by it */
export async function follow({ client, id, signal, view, after }: Following): Promise<RunEvent | undefined> {
  let last: RunEvent | EphemeralEvent | undefined;
  try {
    const events = client.events(id, {
      signal,
      after,
      onReconnect: ({ error, delayMs }) => {
        const why = error?.message ?? 'the server is being replaced';
        view.note(`trying again in ${(delayMs / 1_000).toFixed(1)} s: ${why}`);
      },
    });
    for await (const event of events) {
      view.show(event);
      last = event;
    }
  } catch (error) {
    view.end();
    if (signal.aborted) process.stderr.write(`the run goes on: perdure runs events ${id}\n`);
    throw error;
  }
  view.end();
  // Where nothing came any more, the run says it.
  const { status } =
    last === undefined ? await client.get(id, { signal }) : { status: last.type.replace('run.', '') };
  if (status === 'failed') process.exitCode = exitCodes.runFailed;
  if (status === 'cancelled') process.exitCode = exitCodes.runCancelled;
  return last !== undefined && 'seq' in last ? last : undefined;
}
