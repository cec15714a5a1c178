/** Workflow tasks: the run's own code, which some worker carries out from one decision to the next. */
import type { OpenRun } from './facts.js';
import { known, type Finding } from './finding.js';
import { noWorkerPolling, TAKEN_SECONDS, TOLD_SECONDS } from './queue-rules.js';
import { ago, firstLine, inWords, secondsSince } from './words.js';

/** Nobody is there to take it, or it is kept for somebody who does not. Before what went wrong with the task before. */
export function taskNotTaken(run: OpenRun): Finding | null {
  const { workflow, now } = run;
  const { task, taskFailure, lastWorker } = workflow;
  if (task?.state !== 'scheduled' || task.since === null) return null;
  if (task.isKept && secondsSince(task.since, now) > TAKEN_SECONDS)
    return {
      state: 'waiting',
      cause: 'heartbeat_missing',
      sentence: `The worker ${lastWorker ?? 'unknown'} had the run last and has not taken its next task for ${inWords(secondsSince(task.since, now))}; Temporal gives it to another worker after 5 s.`,
      whatToDo: 'Nothing, if another worker polls. Look at what became of that process.',
      evidence: known({ 'waits since': task.since, 'last worker': lastWorker }),
    };
  const nobody = noWorkerPolling({ ...run, workflow: { ...workflow, activities: [] } });
  if (nobody === null || taskFailure === null) return nobody;
  const before =
    taskFailure.cause === 'timed_out'
      ? `the worker ${lastWorker ?? 'unknown'} took the task before and did not answer`
      : `the task before failed (${wordsOf(taskFailure.cause)}): ${firstLine(taskFailure.message)}`;
  return {
    ...nobody,
    sentence: `${nobody.sentence.replace(/\.$/, '')}; ${before}.`,
    evidence: [
      ...known({ 'last worker': lastWorker, 'task failure': taskFailure.cause }),
      ...(nobody.evidence ?? []),
    ],
  };
}

export function taskFailing(run: OpenRun): Finding | null {
  const { task, taskFailure } = run.workflow;
  // One that failed is an accident.
  if (taskFailure === null || task === null || task.attempt < 2) return null;
  const since = task.since === null ? '' : ` ${ago(task.since, run.now)}`;
  const attempt = `attempt ${task.attempt} ${task.state === 'started' ? 'began' : 'was to begin'}${since}`;
  const evidence = known({
    'task failure': taskFailure.cause,
    message: taskFailure.message,
    attempt: task.attempt,
    'last worker': run.workflow.lastWorker,
  });
  const found = { state: 'stuck', cause: 'workflow_task_failing', evidence } as const;
  if (taskFailure.cause === 'timed_out') return { ...found, ...unanswered(run, attempt) };
  return {
    ...found,
    sentence: `The run’s workflow code fails in every workflow task (${wordsOf(taskFailure.cause)}): ${firstLine(taskFailure.message)}; ${attempt}.`,
    whatToDo:
      taskFailure.cause === 'non_deterministic_error'
        ? 'The workers’ code does not fit the run’s history: deploy the build that began it, or one with a patch. perdure replay says where they part.'
        : 'Look at the worker’s log; with a worker that is mended the run goes on by itself.',
  };
}

/** A process that stands still and code that does not end look alike but for what the worker tells Temporal beside. */
function unanswered(
  { workflow, queue, now }: OpenRun,
  attempt: string,
): Pick<Finding, 'sentence' | 'whatToDo'> {
  const { lastWorker } = workflow;
  const told = queue.workers
    ?.filter(({ identity }) => identity === lastWorker)
    .map(({ lastHeartbeatAt }) => lastHeartbeatAt)
    .sort()
    .at(-1);
  const lives = told === undefined ? null : secondsSince(told, now) < TOLD_SECONDS;
  const why =
    told === undefined || lives === null
      ? 'that process stands still, or the workflow’s code does not come to an end'
      : lives
        ? `the process lives (it told Temporal of itself ${ago(told, now)}), so the workflow’s code does not come to an end`
        : `that process seems to stand still (it told Temporal of itself ${ago(told, now)} and not since)`;
  return {
    sentence: `The worker ${lastWorker ?? 'unknown'} took the run’s workflow task and did not answer within its time: ${why}; ${attempt}.`,
    whatToDo:
      lives === true
        ? 'Look at the worker’s log; with a worker that is mended the run goes on by itself.'
        : 'Look at that process, and end it if it stands still: another worker goes on with the run.',
  };
}

const wordsOf = (cause: string): string => cause.replaceAll('_', ' ');
