/** Schedules as the command line shows them. */
import pc from 'picocolors';
import type { Schedule } from '../../contracts/schedules.js';
import type { Client } from '../client/client.js';
import { writeJson, writeTable } from './output.js';
import { cut, printable } from './printable.js';

export async function listSchedules(
  client: Client,
  { json, signal }: { json?: true | undefined; signal: AbortSignal },
): Promise<void> {
  const { schedules } = await client.schedules.list({ signal });
  if (json === true) {
    writeJson(schedules);
    return;
  }
  writeTable(
    ['ID', 'NAME', 'CRON', 'ZONE', 'NEXT'],
    schedules.map((each) => [each.id, cut(each.name, 40), each.cron, each.timezone, nextOf(each)]),
  );
}

export function showSchedule(schedule: Schedule, json: true | undefined): void {
  if (json === true) {
    writeJson(schedule);
    return;
  }
  const lines: [string, string][] = [
    ['schedule', pc.bold(schedule.id)],
    ['name', printable(schedule.name)],
    ['cron', `${schedule.cron} (${schedule.timezone})`],
    ['next', nextOf(schedule)],
    ['goal', printable(schedule.run.goal)],
    ['overlap', `${schedule.overlap}; ${schedule.skipped} skipped`],
    ['catch-up', `${schedule.catchUpSeconds} s; ${schedule.missed} missed`],
    ...schedule.recent.map(({ runId, startedAt }): [string, string] => ['run', `${runId}  ${startedAt}`]),
  ];
  for (const [name, value] of lines) process.stdout.write(`${pc.dim(name.padEnd(9))} ${value}\n`);
}

function nextOf({ paused, pauseReason, next: [first] }: Schedule): string {
  if (paused) return pauseReason === null ? 'paused' : `paused: ${printable(pauseReason)}`;
  return first ?? 'never';
}
