/** Tasks that wait for a worker: nobody polls, or too many tasks wait. */
import type { QueueFacts, QueueSide, WorkerFacts } from '../ports/run-inspector.js';
import { ago, inWords, secondsSince } from './words.js';
import { nameOf, type OpenRun } from './facts.js';
import { known, type Finding } from './finding.js';

/** Workers tell Temporal every five seconds how full they are (src/stack/process-log.ts). */
export const TOLD_SECONDS = 12;
/** A worker that polls takes a task within milliseconds; so many seconds later none was there to take it. */
export const TAKEN_SECONDS = 2;

type Poller = QueueSide['pollers'][number];

interface Waiting {
  what: string;
  since: string;
  /** Since when those who poll there could have taken it. */
  offeredAt: string;
  /** Where it waits. */
  queue: QueueFacts;
  side: QueueSide;
  /** The build that may take it; null for workers without versions. */
  wanted: string | null;
  /** Workers that have no place for it. */
  full: WorkerFacts[];
}

export function noWorkerPolling(run: OpenRun): Finding | null {
  const { now } = run;
  for (const { what, since, offeredAt, queue, side, full, wanted } of waitingOf(run)) {
    const able = side.pollers.filter(({ build }) => build === wanted);
    // Who asked for work after the task was there would have been given it; who is full does not ask.
    if (full.length > 0 || (able[0]?.lastPollAt ?? '') >= offeredAt) continue;
    const [last] = able;
    const others = side.pollers.filter(
      ({ build, lastPollAt }) => build !== wanted && lastPollAt >= offeredAt,
    );
    if (others.length > 0) return noWorkerOfBuild(run, { what, since, queue, last, others });
    const seen =
      last === undefined
        ? 'Temporal has seen none for five minutes'
        : `the last poll was ${ago(last.lastPollAt, now)}, by ${last.identity}`;
    return {
      state: 'stuck',
      cause: 'no_worker_polling',
      sentence: `No worker polls ${wordsOf(run, queue)}: ${seen}, and ${what} has waited for one for ${inWords(secondsSince(since, now))}${elsewhereWords(run)}.`,
      whatToDo: isOfTools(run, queue)
        ? 'Start a worker of tools (PERDURE_WORKER_ROLE=tools), or look at the log of the one that should be there, and at its /readyz; PERDURE_TOOL_TASK_QUEUE, TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS must be the API’s.'
        : 'Start a worker, or look at the log of the one that should be there, and at its /readyz; PERDURE_TASK_QUEUE, TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS must be the API’s.',
      evidence: [...known({ 'waits since': since }), ...ofQueue(queue)],
    };
  }
  return null;
}

/** A worker that was started with another task queue looks well to itself. */
function elsewhereWords({ elsewhere }: OpenRun): string {
  const queues = [...new Set(elsewhere.map(({ taskQueue }) => taskQueue))];
  if (queues.length === 0) return '';
  const told = queues.slice(0, 3).map((taskQueue) => {
    const who = elsewhere.filter((worker) => worker.taskQueue === taskQueue).map(({ identity }) => identity);
    return `"${taskQueue}" (${who.slice(0, 3).join(', ')})`;
  });
  return `; in this namespace ${elsewhere.length === 1 ? 'a worker polls' : `${elsewhere.length} workers poll`} ${told.join(' and ')} instead`;
}

const isOfTools = ({ toolQueue }: OpenRun, { name }: QueueFacts): boolean => name === toolQueue?.name;

const wordsOf = (run: OpenRun, queue: QueueFacts): string =>
  `the task queue ${isOfTools(run, queue) ? 'of tools ' : ''}"${queue.name}"`;

/** The build that may take the run's tasks; null for workers without versions. */
const wantedBuild = ({ workflow, queue }: OpenRun): string | null => workflow.pinnedTo ?? queue.currentBuild;

/** Workers are there, and none that may go on with this run. */
function noWorkerOfBuild(
  run: OpenRun,
  of: Pick<Waiting, 'what' | 'since' | 'queue'> & { last: Poller | undefined; others: readonly Poller[] },
): Finding {
  const { workflow, now } = run;
  const { what, since, queue, last, others } = of;
  const wanted = wantedBuild(run);
  const who =
    workflow.pinnedTo !== null
      ? `build "${workflow.pinnedTo}", to which the run is pinned,`
      : wanted !== null
        ? `build "${wanted}", which new runs go to,`
        : 'no build, and new runs go to workers without versions';
  const seen =
    last === undefined ? '' : `; the last poll was ${ago(last.lastPollAt, now)}, by ${last.identity}`;
  const there = [...new Set(others.map(({ build }) => (build === null ? 'none' : `"${build}"`)))].join(', ');
  return {
    state: 'stuck',
    cause: 'no_worker_polling',
    sentence: `No worker of ${who} polls the task queue "${queue.name}"${seen}; those that poll are of ${there}, and ${what} has waited for ${inWords(secondsSince(since, now))}.`,
    whatToDo:
      workflow.pinnedTo !== null
        ? 'Start a worker of that build again, or let the run go on with the present one: temporal workflow update-options --versioning-override-behavior auto_upgrade (perdure replay says whether it can).'
        : 'Make the build that polls the current one: perdure versions promote.',
    evidence: [...known({ 'waits since': since, build: wanted }), ...ofQueue(queue)],
  };
}

export function backlog(run: OpenRun): Finding | null {
  const { now } = run;
  for (const { what, since, queue, side, full } of waitingOf(run)) {
    if (side.backlog === 0) continue;
    const drain = side.dispatchRate - side.addRate;
    const outlook =
      drain > 0
        ? `at the rate of the last half minute the queue is empty in ${inWords(side.backlog / drain)}`
        : full.length > 0
          ? `${full.length === 1 ? 'the one worker has' : `all ${full.length} workers have`} no place free`
          : 'it does not shrink at present';
    return {
      state: 'waiting',
      cause: 'backlog',
      sentence: `${side.backlog} ${side.backlog === 1 ? 'task waits' : 'tasks wait'} at ${wordsOf(run, queue)}, the oldest for ${inWords(side.backlogAgeMs / 1_000)}, and ${what} is among them; workers take ${rate(side.dispatchRate)} a second while ${rate(side.addRate)} come, and ${outlook}.`,
      whatToDo: `Wait, or start more workers${isOfTools(run, queue) ? ' of tools' : ''}.`,
      evidence: [
        ...known({ 'waits since': since, 'waits for': inWords(secondsSince(since, now)) }),
        ...ofQueue(queue),
      ],
    };
  }
  return null;
}

const rate = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0);

/** What has waited for a worker for longer than one that is there lets anything wait. */
function waitingOf(run: OpenRun): Waiting[] {
  const { workflow, record, queue, toolQueue, now } = run;
  const { task } = workflow;
  const wanted = wantedBuild(run);
  const fullOf = ({ workers }: QueueFacts): WorkerFacts[] =>
    (workers ?? []).filter(
      ({ free, used, lastHeartbeatAt }) =>
        free === 0 && used > 0 && secondsSince(lastHeartbeatAt, now) < TOLD_SECONDS,
    );
  const ofRun = { queue, wanted };
  // Workers of tools have no versions: runs of all builds are served by the same.
  const ofTools = toolQueue === null ? null : { queue: toolQueue, wanted: toolQueue.currentBuild };
  const all = [
    ...(task?.state === 'scheduled' && task.since !== null && !task.isKept
      ? [
          {
            ...ofRun,
            what: 'the run',
            since: task.since,
            offeredAt: task.offeredAt ?? task.since,
            side: queue.workflows,
            full: [],
          },
        ]
      : []),
    ...workflow.activities.flatMap((activity) => {
      const of = ofTools !== null && activity.taskQueue === ofTools.queue.name ? ofTools : ofRun;
      return activity.state === 'scheduled' && activity.scheduledAt !== null
        ? [
            {
              ...of,
              what: nameOf(activity, record),
              since: activity.scheduledAt,
              offeredAt: activity.scheduledAt,
              side: of.queue.activities,
              full: fullOf(of.queue),
            },
          ]
        : [];
    }),
  ];
  return all.filter(({ offeredAt }) => secondsSince(offeredAt, now) > TAKEN_SECONDS);
}

export function ofQueue({
  name,
  workers,
  workflows,
  activities,
}: QueueFacts): NonNullable<Finding['evidence']> {
  const side = ({ pollers: [newest], backlog: count, addRate, dispatchRate }: QueueSide): string =>
    [
      newest === undefined ? 'no poller' : `last polled ${newest.lastPollAt} by ${newest.identity}`,
      `${count} waiting`,
      `${rate(dispatchRate)} taken and ${rate(addRate)} added a second`,
    ].join(', ');
  return known({
    'task queue': name,
    workers: workers
      ?.map((w) => `${w.identity}: ${w.used} places of ${w.used + w.free} taken, said ${w.lastHeartbeatAt}`)
      .join('; '),
    'workflow tasks': side(workflows),
    'activity tasks': side(activities),
  });
}
