/** Each back end, used once from here, with this process's own settings. */
import { withDeadline } from '../../../contracts/deadline.js';
import { searchAttributes } from '../../../contracts/messages.js';
import { version } from '../../../contracts/version.js';
import { SCHEMA_VERSION } from '../../adapters/records/schema-version.js';
import type { Config } from '../../config/env.js';
import type { Logger } from '../../ports/logger.js';
import { openAdapters, type Adapters } from '../open-adapters.js';
import { Releasers } from '../releasers.js';
import { refuseUnshared } from '../required-settings.js';
import type { Check } from '../verify.js';
import { look, type Line } from './report.js';

/** Milliseconds that one back end may take. */
const CHECK_MS = 10_000;
const FRESH_MS = 70_000;

export async function examineBackEnds(config: Config, logger: Logger): Promise<Line[]> {
  const configuration = await look('configuration', () => {
    refuseUnshared(config, 'perdure doctor');
    const { temporalNamespace, taskQueue } = config;
    return Promise.resolve({
      state: 'ok',
      detail: `perdure ${version} on Node ${process.version}; namespace ${temporalNamespace}, task queue ${taskQueue}`,
    });
  });
  if (configuration.state !== 'ok')
    // Whoever runs npm start has no back ends of their own, and the server knows how its are.
    return [
      { ...configuration, state: 'skipped', detail: 'embedded back ends are asked for through the server' },
    ];
  const releasers = new Releasers();
  try {
    const adapters = await openAdapters(config, logger, releasers);
    const { temporal, records, workspace, bus } = adapters.checks;
    const lines = await Promise.all([
      used(temporal, `; knows ${Object.values(searchAttributes).join(', ')}`),
      used(records, `; schema version ${SCHEMA_VERSION}`),
      used(workspace, '; written, read and deleted'),
      used(bus, '; a message came back'),
      look('pollers', () => pollersOf(adapters)),
      ...(config.toolWorkers.taskQueue === null ? [] : [look('tool-pollers', () => toolPollersOf(adapters))]),
    ]);
    return [configuration, ...lines];
  } finally {
    await releasers.release(logger);
  }
}

/** A back end's check, as a line. */
export const used = ({ name, what, required, use }: Check, also = ''): Promise<Line> =>
  look(name, async () => {
    try {
      await withDeadline(use(), CHECK_MS, `${CHECK_MS / 1_000} seconds`);
      return { state: 'ok', detail: `${what}${also}` };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { state: required ? 'failing' : 'degraded', detail: `${what}: ${why}` };
    }
  });

async function pollersOf({ inspector }: Adapters): Promise<Omit<Line, 'name' | 'ms'>> {
  const [queue, elsewhere, workers] = await Promise.all([
    inspector.queue(),
    inspector.openRunsElsewhere(),
    inspector.workersElsewhere(),
  ]);
  const { workflows, activities, name, currentBuild } = queue;
  const fresh = ({ pollers }: typeof workflows): string[] =>
    pollers
      .filter(
        ({ lastPollAt, build }) => build === currentBuild && Date.now() - Date.parse(lastPollAt) < FRESH_MS,
      )
      .map(({ identity }) => identity);
  const both = fresh(workflows).filter((identity) => fresh(activities).includes(identity));
  const waits = tasksWait(workflows.backlog + activities.backlog);
  const polled = workers.map(({ identity, taskQueue }) => `"${taskQueue}" (${identity})`).join(', ');
  const instead = polled === '' ? '' : `; workers of this namespace poll ${polled}`;
  const others =
    elsewhere === 0
      ? ''
      : `; ${elsewhere} open runs are of other task queues, which these workers never move`;
  const ofBuild = currentBuild === null ? '' : ` of the current build "${currentBuild}"`;
  return both.length === 0
    ? {
        state: 'failing',
        detail: `no worker${ofBuild} polls the task queue "${name}"; ${waits}${others}${instead}`,
      }
    : {
        state: elsewhere === 0 ? 'ok' : 'degraded',
        detail: `"${name}" is polled by ${both.join(', ')}; ${waits}${others}`,
      };
}

const tasksWait = (count: number): string => (count === 1 ? '1 task waits' : `${count} tasks wait`);

async function toolPollersOf({ inspector }: Adapters): Promise<Omit<Line, 'name' | 'ms'>> {
  const queue = await inspector.toolQueue();
  if (queue === null) return { state: 'ok', detail: 'tools have no task queue of their own' };
  const { activities, name } = queue;
  const polling = activities.pollers.filter(
    ({ lastPollAt }) => Date.now() - Date.parse(lastPollAt) < FRESH_MS,
  );
  const waits = tasksWait(activities.backlog);
  return polling.length === 0
    ? { state: 'failing', detail: `no worker polls the task queue of tools "${name}"; ${waits}` }
    : {
        state: 'ok',
        detail: `"${name}" is polled by ${polling.map(({ identity }) => identity).join(', ')}; ${waits}`,
      };
}
