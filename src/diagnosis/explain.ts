/** From the facts of a run to one cause in one sentence: the first rule that holds. */
import { addressOf } from '../../contracts/api.js';
import type { Approval } from '../../contracts/approvals.js';
import { asksFor } from '../../contracts/asking.js';
import { limitFields, type BudgetLimit } from '../../contracts/budget-limits.js';
import type { Why } from '../../contracts/why.js';
import { isTerminal } from '../../contracts/terminal.js';
import { attemptFailed, heartbeatMissing, partUnavailable, stepRunning } from './activity-rules.js';
import { ago, secondsSince, firstLine, inWords } from './words.js';
import type { OpenRun, RunFacts } from './facts.js';
import type { WorkflowFacts } from '../ports/run-inspector.js';
import { known, type Finding } from './finding.js';
import {
  busUnavailable,
  recordsUnavailable,
  temporalUnavailable,
  workspaceUnavailable,
} from './part-rules.js';
import { backlog, noWorkerPolling, ofQueue } from './queue-rules.js';
import { taskFailing, taskNotTaken } from './task-rules.js';

export function explain(facts: RunFacts): Why {
  const { evidence = [], ...found } = find(facts);
  return {
    runId: facts.runId,
    ...found,
    evidence: [...evidence, ...always(facts)],
    askedAt: facts.now.toISOString(),
  };
}

function find(facts: RunFacts): Finding {
  const ended = finished(facts);
  if (ended !== null) return ended;
  const { workflow, queue, record } = facts;
  if ('problem' in workflow) return temporalUnavailable(workflow.problem);
  if ('problem' in queue) return temporalUnavailable(queue.problem);
  if (workflow.answer?.status !== 'running') return workflowGone(facts, workflow.answer);
  const run: OpenRun = {
    ...facts,
    record: 'answer' in record ? record.answer : null,
    recordsProblem: 'problem' in record ? record.problem : null,
    workflow: workflow.answer,
    queue: queue.answer,
  };
  for (const rule of rules) {
    const found = rule(run);
    if (found !== null) return found;
  }
  return moving(run);
}

const rules: readonly ((run: OpenRun) => Finding | null)[] = [
  taskNotTaken,
  taskFailing,
  partUnavailable,
  heartbeatMissing,
  noWorkerPolling,
  backlog,
  recordsUnavailable,
  workspaceUnavailable,
  attemptFailed,
  budget,
  paused,
  waitingForApproval,
  subAgent,
  timer,
  busUnavailable,
  stepRunning,
];

/** Seconds in which a workflow that has written its end closes. */
const CLOSED_SECONDS = 60;

function finished({ runId, record, workflow, now }: RunFacts): Finding | null {
  const run = 'answer' in record ? record.answer : null;
  if (run === null || !isTerminal(run.status)) return null;
  const when = run.finishedAt === null ? '' : ` ${ago(run.finishedAt, now)}`;
  const why = run.error === null ? '' : `: ${run.error.message}`;
  const isOpen =
    'answer' in workflow &&
    workflow.answer?.status === 'running' &&
    (run.finishedAt === null || secondsSince(run.finishedAt, now) > CLOSED_SECONDS);
  return {
    state: 'ended',
    cause: 'finished',
    sentence: `The run has ended${when}: ${run.status}${why}${isOpen ? '; but its workflow is still open' : ''}.`,
    whatToDo: isOpen
      ? `Look whether workers poll, who would close it. If they do, its record was changed by another than the run: terminate the workflow run-${runId} in Temporal, or restore the record.`
      : 'Nothing; its events say how it came to this.',
    evidence: known({ 'finished at': run.finishedAt, error: run.error?.code }),
  };
}

function workflowGone(
  { runId }: RunFacts,
  workflow: Pick<WorkflowFacts, 'status' | 'closedAt' | 'terminatedFor'> | null,
): Finding {
  const reason = firstLine(workflow?.terminatedFor ?? '').replace(/\.$/, '');
  const how =
    workflow === null
      ? 'Temporal has no workflow of it: it was deleted, or this is another namespace'
      : `its workflow is ${workflow.status.replace('_', ' ')}${reason === '' ? '' : `: ${reason}`}`;
  return {
    state: 'stuck',
    cause: 'workflow_gone',
    sentence: `The run is open by its record, but ${how}.`,
    whatToDo: 'Nothing will move it. Submit it again.',
    evidence: known({
      workflow: `run-${runId}`,
      'workflow status': workflow?.status,
      'closed at': workflow?.closedAt,
      'terminated for': workflow?.terminatedFor,
    }),
  };
}

function waitingForApproval({ approvals, workflow, now, runId }: OpenRun): Finding | null {
  const [first, ...others] = approvals;
  if (first === undefined || workflow.activities.length > 0) return null;
  const kind = asksFor(first.tool);
  if (kind !== undefined) return waitingFor[kind](first, now, runId);
  const what = first.stepId === null ? 'its plan' : `step "${first.stepId}" (${first.tool ?? ''})`;
  const isOutcome = first.kind === 'outcome';
  const about = isOutcome ? `what became of ${what}` : what;
  const also = others.length === 0 ? '' : `, and ${others.length} more of its steps do`;
  const until = first.expiresAt === null ? '' : `; it decides itself at ${first.expiresAt}`;
  return {
    state: 'waiting',
    cause: 'waiting_for_approval',
    sentence: `A person’s word is waited for: ${about} was asked${isOutcome ? '' : ' about'} ${ago(first.requestedAt, now)}${isOutcome && first.note !== null ? `, for ${first.note}` : ''}${also}${until}.`,
    whatToDo: isOutcome
      ? `Find out whether it acted. If it did: perdure approvals approve ${runId} ${first.id} --output '<json>'; if not, the same without --output; deny lets the step fail.`
      : `Decide on it: perdure approvals approve ${runId} ${first.id}, or deny.`,
    evidence: known({
      approval: first.id,
      'asked at': first.requestedAt,
      'until, unless decided': first.expiresAt,
      note: first.note,
    }),
  };
}

/** What a question or an event is, and until when it is waited for. */
const waitingFor = {
  question: (asked: Approval, now: Date, runId: string): Finding => ({
    state: 'waiting',
    cause: 'waiting_for_answer',
    sentence: `A person’s answer is waited for: step "${asked.stepId ?? ''}" asked ${ago(asked.requestedAt, now)}${until(asked)}: ${shortly(asked.args?.question)}`,
    whatToDo: `Answer it: perdure approvals answer ${runId} ${asked.id} '…', as JSON.`,
    evidence: evidenceOf(asked),
  }),
  event: (asked: Approval, now: Date, runId: string): Finding => ({
    state: 'waiting',
    cause: 'waiting_for_event',
    sentence: `An event from outside is waited for: step "${asked.stepId ?? ''}" waits for ${shortly(asked.args?.name)}, since it began ${ago(asked.requestedAt, now)}${until(asked)}.`,
    whatToDo: `Have it sent: GET /v1/runs/${runId}/callbacks has the address.`,
    evidence: evidenceOf(asked),
  }),
};
const until = ({ expiresAt }: Approval): string => (expiresAt === null ? '' : `, until ${expiresAt}`);
const shortly = (text: unknown): string => (typeof text === 'string' ? firstLine(text).slice(0, 300) : '');
const evidenceOf = ({ id, requestedAt, expiresAt, note }: Approval): NonNullable<Finding['evidence']> =>
  known({ approval: id, 'asked at': requestedAt, 'until, unless answered': expiresAt, note });

function budget({ pause, workflow, record, runId, now }: OpenRun): Finding | null {
  if (pause?.limit == null || workflow.activities.length > 0) return null;
  const field = limitFields[pause.limit];
  const max = record?.budget?.[field];
  return {
    state: 'waiting',
    cause: 'budget',
    sentence: `The run was paused ${ago(pause.at, now)} and waits for a larger budget: ${pause.reason ?? ''}.`,
    whatToDo: `Let it go on with a larger one: perdure runs resume ${runId} --budget ${cliNames[pause.limit]}=…, or cancel it.`,
    evidence: known({ 'used up at': pause.at, limit: field, max }),
  };
}

const cliNames: Record<BudgetLimit, string> = {
  steps: 'steps',
  tokens: 'tokens',
  costUsd: 'cost',
  seconds: 'seconds',
};

function paused({ pause, workflow, runId, now }: OpenRun): Finding | null {
  if (pause === null || workflow.activities.length > 0) return null;
  const by = pause.by === null ? '' : ` by ${pause.by}`;
  return {
    state: 'waiting',
    cause: 'paused',
    sentence: `The run was paused ${ago(pause.at, now)}${by}${pause.reason === null ? '' : `: ${pause.reason}`}.`,
    whatToDo: `Let it go on when it may: perdure runs resume ${runId}.`,
    evidence: known({ 'paused at': pause.at, by: pause.by, reason: pause.reason }),
  };
}

/** The runs below have whys of their own. */
function subAgent({ workflow }: OpenRun): Finding | null {
  const [first, ...others] = workflow.children;
  if (first === undefined || workflow.activities.length > 0 || workflow.task !== null) return null;
  const also = others.length === 0 ? '' : `, and for ${others.length} more`;
  return {
    state: 'waiting',
    cause: 'sub_agent',
    sentence: `The run waits for the run of its sub-agent, ${first}${also}.`,
    whatToDo: `That run says why it moves or does not: perdure runs why ${first}, or GET ${addressOf('whyRun', { id: first })}.`,
    evidence: workflow.children.map((id) => ({
      what: 'why of the sub-agent',
      value: addressOf('whyRun', { id }),
    })),
  };
}

function timer({ workflow, now }: OpenRun): Finding | null {
  if (workflow.timer === null || workflow.activities.length > 0 || workflow.task !== null) return null;
  const { until } = workflow.timer;
  // Until when it says, too, and the timer's own word counts.
  const summary = workflow.timer.summary?.replace(/ until \S+$/, '') ?? null;
  const left = (Date.parse(until) - now.getTime()) / 1_000;
  return {
    state: 'waiting',
    cause: 'timer',
    sentence: `The run waits for a timer until ${until}${left > 0 ? `, for another ${inWords(left)}` : ', which is due'}${summary === null ? '' : `: ${summary}`}.`,
    whatToDo: 'Nothing; the plan asks for it.',
    evidence: known({ timer: summary, until }),
  };
}

const moving = ({ workflow, now }: OpenRun): Finding => ({
  state: 'moving',
  cause: 'moving',
  sentence:
    workflow.task?.since == null
      ? 'The run is between two steps.'
      : `A worker is deciding what comes next, since ${inWords(Math.max(0, now.getTime() - Date.parse(workflow.task.since)) / 1_000)}.`,
  whatToDo: 'Nothing.',
});

/** What whoever reads on wants to know, whatever the cause. */
function always({ record, workflow, queue, toolQueue, workspace, bus }: RunFacts): Why['evidence'] {
  const run = 'answer' in record ? record.answer : null;
  const open = 'answer' in workflow ? workflow.answer : null;
  return [
    ...known({
      record: run === null ? ('problem' in record ? record.problem : 'not written yet') : run.status,
      workflow: 'problem' in workflow ? workflow.problem : (open?.status ?? 'none'),
      'history events': open?.historyEvents,
      files: workspace,
      'live messages': bus,
    }),
    ...('answer' in queue ? ofQueue(queue.answer) : []),
    ...(toolQueue === null ? [] : ofQueue(toolQueue)),
  ];
}
