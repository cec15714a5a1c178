/** The server as its callers meet it: readiness, version, and runs that stand still. */
import type { Readiness } from '../../../contracts/api.js';
import { addressOf } from '../../../contracts/api.js';
import { version } from '../../../contracts/version.js';
import type { Client } from '../../client/client.js';
import { look, type Line } from './report.js';
import { unreachable } from '../unreachable.js';

/** Open runs younger than this have had no time to stand still. */
const YOUNG_MS = 60_000;
/** Runs that are looked into at most. */
const MOST = 100;

export async function examineServer(client: Client, baseUrl: string): Promise<Line[]> {
  const lines = await Promise.all([
    readiness(baseUrl),
    versions(baseUrl),
    look('runs', () => standing(client)),
  ]);
  return lines.flat();
}

/** @throws Error in words for people: "fetch failed" are none */
async function ask(path: string, baseUrl: string): Promise<Response> {
  try {
    return await fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    throw unreachable(baseUrl, error);
  }
}

async function readiness(baseUrl: string): Promise<Line[]> {
  let parts: Readiness['parts'] = [];
  const whole = await look('server', async () => {
    const response = await ask(addressOf('readiness'), baseUrl);
    const body = (await response.json()) as Readiness;
    parts = body.parts;
    return {
      state: body.ready ? 'ok' : 'failing',
      detail: body.ready ? `${baseUrl} is ready` : `${baseUrl} is not ready`,
    };
  });
  return [
    whole,
    ...parts.map(({ name, ok, degraded, detail }) => ({
      name: `server: ${name}`,
      state: !ok ? ('failing' as const) : degraded === true ? ('degraded' as const) : ('ok' as const),
      detail,
      ms: null,
    })),
  ];
}

const versions = (baseUrl: string): Promise<Line> =>
  look('versions', async () => {
    const response = await ask(addressOf('openApi'), baseUrl);
    const theirs = ((await response.json()) as { info?: { version?: string } }).info?.version ?? 'unknown';
    return theirs === version
      ? { state: 'ok', detail: `this command and the server are ${version}` }
      : { state: 'degraded', detail: `this command is ${version}, the server ${theirs}` };
  });

/** Of the caller's tenant; what waits as it should is not counted. */
async function standing(client: Client): Promise<Omit<Line, 'name' | 'ms'>> {
  const createdBefore = new Date(Date.now() - YOUNG_MS).toISOString();
  const stuck: string[] = [];
  let looked = 0;
  for (const status of ['queued', 'running', 'waiting'] as const)
    for await (const { id } of client.list({ status, createdBefore, limit: MOST })) {
      if (looked >= MOST) break;
      looked += 1;
      const { state, sentence } = await client.why(id);
      if (state === 'stuck') stuck.push(`${id}: ${sentence}`);
    }
  const most = looked >= MOST ? `the first ${MOST} open runs` : `${looked} open runs`;
  return stuck.length === 0
    ? { state: 'ok', detail: `none of ${most} stands still` }
    : { state: 'failing', detail: `${stuck.length} of ${most} stand still; ${stuck.slice(0, 3).join(' ')}` };
}
