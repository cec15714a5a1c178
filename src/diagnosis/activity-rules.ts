/** Activities under way or to be tried again: what they wait for, and what went wrong. */
import type { PendingActivity } from '../ports/run-inspector.js';
import { ago, inWords, secondsSince } from './words.js';
import { nameOf, stepIdOf, type OpenRun } from './facts.js';
import { known, type Finding } from './finding.js';
import { TAKEN_SECONDS } from './queue-rules.js';

/** Beats come once a second; so many seconds without one are no chance any more. */
const SILENCE_SECONDS = 2.5;

export const isSilent = (activity: PendingActivity, now: Date): boolean => {
  if (activity.state !== 'started' || activity.heartbeatTimeoutMs === null) return false;
  const heard = activity.lastHeartbeatAt ?? activity.startedAt;
  return heard !== null && secondsSince(newer(heard, activity.startedAt), now) > SILENCE_SECONDS;
};

const newer = (a: string, b: string | null): string => (b !== null && b > a ? b : a);

/** What perdure itself stands on was away from the worker. */
export function partUnavailable({
  workflow,
  record,
  recordsProblem,
  workspace,
  now,
}: OpenRun): Finding | null {
  for (const activity of workflow.activities) {
    const { lastFailure: failure } = activity;
    const part =
      failure?.code === 'store_unavailable'
        ? (['records_unavailable', 'the records'] as const)
        : failure?.code === 'workspace_unavailable'
          ? (['workspace_unavailable', 'the files'] as const)
          : null;
    if (part === null || activity.state === 'started') continue;
    // Its time has come and nobody has taken it: the last try says nothing of now.
    if (activity.scheduledAt !== null && secondsSince(activity.scheduledAt, now) > TAKEN_SECONDS) continue;
    const isAway = (part[0] === 'records_unavailable' ? recordsProblem : workspace) !== null;
    const could = isAway ? 'cannot reach' : 'could not reach';
    const since = isAway ? '' : ' (the API reaches them now)';
    return {
      state: 'waiting',
      cause: part[0],
      sentence: `The worker ${could} ${part[1]}: ${failure?.message ?? ''}${since}; ${nameOf(activity, record)} is tried again without end${nextTry(activity, now)}.`,
      whatToDo: 'Bring it back; the run goes on by itself. /readyz of the API and the worker’s log say more.',
      evidence: ofActivity(activity),
    };
  }
  return null;
}

export function heartbeatMissing({ workflow, record, now }: OpenRun): Finding | null {
  const silent = workflow.activities.find((activity) => isSilent(activity, now));
  if (silent === undefined) return null;
  const heard = newer(silent.lastHeartbeatAt ?? silent.startedAt ?? '', silent.startedAt);
  return {
    state: 'waiting',
    cause: 'heartbeat_missing',
    sentence: `The worker ${silent.lastWorker ?? 'unknown'} holds ${nameOf(silent, record)} and has not been heard of for ${inWords(secondsSince(heard, now))}; Temporal gives it to another worker after ${inWords((silent.heartbeatTimeoutMs ?? 0) / 1_000)} of silence.`,
    whatToDo: 'Nothing, if another worker polls. Look at what became of that process.',
    evidence: ofActivity(silent),
  };
}

export function attemptFailed({ workflow, record, maxAttempts, now }: OpenRun): Finding | null {
  // The one that has failed most is the one to talk of.
  const [worst] = workflow.activities
    .filter(({ lastFailure }) => lastFailure !== null)
    .sort((a, b) => b.attempt - a.attempt);
  if (worst?.lastFailure == null) return null;
  const { code, message } = worst.lastFailure;
  const stepId = stepIdOf(worst);
  const tool = record?.plan?.steps.find(({ id }) => id === stepId)?.tool;
  const limit = tool === undefined || stepId === null ? undefined : maxAttempts.get(tool);
  const of = limit === undefined || worst.attempt > limit ? '' : ` of ${limit}`;
  const words = code === 'timed_out' ? 'its worker was lost' : `"${message}"`;
  const next =
    worst.state === 'started'
      ? `attempt ${worst.attempt}${of} is under way`
      : `attempt ${worst.attempt}${of} begins${nextTry(worst, now) || ' now'}`;
  return {
    state: worst.state === 'started' ? 'moving' : 'waiting',
    cause: 'attempt_failed',
    sentence: `Attempt ${worst.attempt - 1} of ${nameOf(worst, record)} failed: ${words}; ${next}.`,
    whatToDo:
      'It is tried again by itself. If the error will not pass, mend its cause or cancel the run: POST /v1/runs/{id}/cancel.',
    evidence: ofActivity(worst),
  };
}

/** The step that has been under way for longest. */
export function stepRunning({ workflow, record, now }: OpenRun): Finding | null {
  const [longest, ...others] = workflow.activities
    .filter(({ state, startedAt }) => state === 'started' && startedAt !== null)
    .sort((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? ''));
  if (longest?.startedAt == null) return null;
  const beside = others.length === 0 ? '' : `, and ${others.length} more beside it`;
  const beat = longest.lastHeartbeatAt === null ? '' : `, last heard of ${ago(longest.lastHeartbeatAt, now)}`;
  return {
    state: 'moving',
    cause: 'moving',
    sentence: `${capital(nameOf(longest, record))} has been running for ${inWords(secondsSince(longest.startedAt, now))} on ${longest.lastWorker ?? 'a worker'}${beat}${beside}.`,
    whatToDo: 'Nothing.',
    evidence: ofActivity(longest),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function nextTry({ scheduledAt }: PendingActivity, now: Date): string {
  const seconds = scheduledAt === null ? 0 : (Date.parse(scheduledAt) - now.getTime()) / 1_000;
  return seconds <= 0 ? '' : ` in ${inWords(Math.max(1, seconds))}`;
}

export const ofActivity = (activity: PendingActivity): NonNullable<Finding['evidence']> =>
  known({
    activity: `${activity.type} ${activity.id}`,
    'activity state': activity.state,
    attempt: activity.attempt,
    'scheduled at': activity.scheduledAt,
    'started at': activity.startedAt,
    'last heartbeat': activity.lastHeartbeatAt,
    'last worker': activity.lastWorker,
    'last error':
      activity.lastFailure === null
        ? null
        : [activity.lastFailure.code, activity.lastFailure.message].filter((part) => part).join(': '),
  });
