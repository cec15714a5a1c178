/** Runs as the command line shows them. */
import pc from 'picocolors';
import { type Client, type Run, type RunFilter, type RunSummary } from '../client/client.js';
import { jsonOf, writeJson, writeTable } from './output.js';
import { cut, durationOf, printable } from './printable.js';
import { follow, jsonView } from './progress/follow.js';
import { createPlainView } from './progress/plain-view.js';

interface Options {
  signal: AbortSignal;
  json?: true | undefined;
}

/** The most that the server gives at once. */
const PAGE = 200;

export async function listRuns(
  client: Client,
  filter: RunFilter,
  { limit, json, signal }: Options & { limit: number },
): Promise<void> {
  const runs: RunSummary[] = [];
  if (limit > 0)
    for await (const run of client.list({ ...filter, limit: Math.min(limit, PAGE) }, { signal })) {
      runs.push(run);
      if (runs.length >= limit) break;
    }
  if (json === true) {
    writeJson(runs);
    return;
  }
  writeTable(
    ['ID', 'STATUS', 'CREATED', 'TOOK', 'STEPS', 'GOAL'],
    runs.map((run) => [
      run.id,
      run.status,
      run.createdAt.slice(0, 19).replace('T', ' '),
      tookOf(run),
      String(run.usage.steps),
      cut(run.goal, 60),
    ]),
  );
}

/** The sentence first; what it was concluded from follows. */
export async function showWhy(client: Client, id: string, { json, signal }: Options): Promise<void> {
  const why = await client.why(id, { signal });
  if (json === true) {
    writeJson(why);
    return;
  }
  const lines = [
    pc.bold(printable(why.sentence)),
    printable(why.whatToDo),
    '',
    ...why.evidence.map(({ what, value }) => pc.dim(`${printable(what)}: ${printable(value)}`)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The url whole, and last: it is there to be copied. */
export async function listCallbacks(client: Client, id: string, { json, signal }: Options): Promise<void> {
  const { callbacks } = await client.callbacks(id, { signal });
  if (json === true) {
    writeJson(callbacks);
    return;
  }
  writeTable(
    ['STEP', 'WAITS FOR', 'UNTIL', 'POST TO'],
    callbacks.map((each) => [each.stepId, cut(each.name, 40), each.expiresAt ?? 'for ever', each.url]),
  );
}

export async function showRun(client: Client, id: string, { json, signal }: Options): Promise<void> {
  const run = await client.get(id, { signal });
  if (json === true) {
    writeJson(run);
    return;
  }
  const lines = linesOf(run).filter(([, value]) => value !== '');
  for (const [name, value] of lines) process.stdout.write(`${pc.dim(name.padEnd(9))} ${value}\n`);
  await showChildren(client, id, '', signal);
}

/** The runs of its sub-agents, and of theirs. */
async function showChildren(
  client: Client,
  parent: string,
  indent: string,
  signal: AbortSignal,
): Promise<void> {
  const { runs } = await client.list({ parent, limit: PAGE }, { signal });
  for (const run of runs.toReversed()) {
    const { id, status, goal } = run;
    const line = `${indent}└ ${id}  ${colourOf(run)(status)}  ${cut(printable(goal), 60)}`;
    process.stdout.write(`${pc.dim((indent === '' ? 'agents' : '').padEnd(9))} ${line}\n`);
    await showChildren(client, id, `${indent}  `, signal);
  }
}

function linesOf(run: Run): [string, string][] {
  const metadata = Object.entries(run.metadata).map(([name, value]) => printable(`${name}=${value}`));
  return [
    ['run', pc.bold(run.id)],
    ['status', colourOf(run)(run.status)],
    ['goal', printable(run.goal)],
    ['metadata', metadata.join(', ')],
    ['created', run.createdAt],
    ['took', tookOf(run)],
    ['steps', `${run.usage.steps} of ${run.plan?.steps.length ?? 0} ended`],
    ['error', run.error === null ? '' : `${printable(run.error.message)} (${run.error.code})`],
    ['result', run.result === null ? '' : jsonOf(run.result, 2)],
    ['Temporal', run.links.temporal ?? ''],
  ];
}

export async function showEvents(
  client: Client,
  id: string,
  { after = 0, follow: isFollowed, json, signal }: Options & { after?: number; follow: boolean },
): Promise<void> {
  const view = json === true ? jsonView : createPlainView(process.stdout);
  if (isFollowed) {
    await follow({ client, id, signal, view, after });
    return;
  }
  const run = await client.get(id, { signal });
  if (run.lastSeq <= after) return;
  for await (const event of client.events(id, { after, signal })) {
    if (!('seq' in event)) continue;
    view.show(event);
    if (event.seq >= run.lastSeq) return;
  }
}

function tookOf({ startedAt, finishedAt }: RunSummary): string {
  if (startedAt === null) return '';
  const end = finishedAt === null ? Date.now() : Date.parse(finishedAt);
  return durationOf(Math.max(0, end - Date.parse(startedAt)));
}

function colourOf({ status }: RunSummary): (text: string) => string {
  if (status === 'completed') return pc.green;
  if (status === 'failed') return pc.red;
  return status === 'cancelled' ? pc.yellow : pc.cyan;
}
