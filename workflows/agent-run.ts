/** One agent run: plan, carry out the steps, finish. The workflow's id is the run's. */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../contracts/activities.js';
import type { RunOutcome } from '../contracts/run-endings.js';
import type {
  AgentRunInput,
  AgentRunResult,
  CarriedSteps,
  PauseRequest,
  ResumeRequest,
  ReusedSteps,
  RunSnapshot,
} from '../contracts/messages.js';
import { CANCEL_SIGNAL, PAUSE_SIGNAL, RESUME_SIGNAL, SNAPSHOT_QUERY } from '../contracts/messages.js';
import type { NewEvent } from '../contracts/events.js';
import type { PlanStep } from '../contracts/plan.js';
import { modelCalls, recordKeeping } from './activity-options.js';
import { Approvals } from './approvals.js';
import { BudgetClock } from './budget-clock.js';
import { RunBudget } from './budget.js';
import { errorOf } from './error-of.js';
import { Inbox } from './inbox.js';
import { BorrowedBudget, LentBudget } from './lent-budget.js';
import { LoneCalls } from './lone-calls.js';
import { Pause } from './pause.js';
import { Drawing } from './picture.js';
import { PlanRevisions } from './plan-revisions.js';
import { makePlan } from './planning.js';
import { RunEnding } from './run-ending.js';
import { RunState } from './run-state.js';
import { RunStatusAttribute } from './run-status-attribute.js';
import { StepRunner, type StepsOutcome } from './step-runner.js';
import { SubAgents } from './sub-agents.js';
import { SupervisorBounds } from './supervisor-bounds.js';
import { UnsentEvents } from './unsent-events.js';
import { Work } from './work.js';
import { tellWebhook } from './tell-webhook.js';

const cancelSignal = defineSignal<[string | null]>(CANCEL_SIGNAL);
const pauseSignal = defineSignal<[PauseRequest]>(PAUSE_SIGNAL);
const resumeSignal = defineSignal<[ResumeRequest]>(RESUME_SIGNAL);
const snapshotQuery = defineQuery<RunSnapshot | null>(SNAPSHOT_QUERY);

const { reuseRun } = proxyActivities<Activities>(recordKeeping('records'));

/**
 * @returns how many steps ended how; outputs are in the event log
 * @throws ApplicationFailure typed with the error's code when the run failed
 */
export async function agentRun(input: AgentRunInput): Promise<AgentRunResult> {
  const { run, carried } = input;
  const unsent = new UnsentEvents(run, carried?.unsent);
  const status = new RunStatusAttribute(carried === undefined ? 'queued' : 'running');
  let drawing: Drawing | undefined;
  let state: RunState | undefined;
  const cancel: { reason: string | null } = { reason: carried?.cancelReason ?? null };

  // The signal carries the reason only; the cancellation itself is Temporal's own, so that one made in the
  // Web UI or by the temporal command line does just the same.
  setHandler(cancelSignal, (reason) => {
    cancel.reason = reason;
  });
  const record = (event: NewEvent): void => {
    unsent.add(event);
  };
  const work = new Work();
  const borrowed =
    input.lender === undefined ? undefined : new BorrowedBudget(run.id, input.lender, carried?.borrowed);
  const budget = new RunBudget(run.budget, record, borrowed, carried?.budget);
  const lent = new LentBudget(budget, work);
  const clock = new BudgetClock(budget, work);
  const subAgents = new SubAgents(work);
  const pause = new Pause((event, by) => {
    record(event);
    budget.setPaused(pause.isPaused);
    subAgents.follow(pause.isPaused, by);
  }, carried?.pause);
  const approvals = new Approvals(
    input.approvals ?? 'never',
    ({ tool }) => input.tools[tool]?.effect ?? 'irreversible',
    record,
    carried?.approvals,
  );
  const revisions = new PlanRevisions(record, approvals);
  const inbox = new Inbox((event) => {
    record(event);
    approvals.onChange();
  }, carried?.messages);
  setHandler(pauseSignal, (request) => {
    pause.set(true, request);
  });
  setHandler(resumeSignal, ({ by, budget: topUp, above }) => {
    const hasRoom = topUp === undefined ? budget.exhausted === undefined : budget.topUp(topUp, by);
    if (hasRoom) pause.set(false, { by, reason: null, ...(above === undefined ? {} : { above }) });
  });
  setHandler(snapshotQuery, () => state?.snapshot() ?? null);
  const calls = new LoneCalls({ budget, clock, pause, unsent, work }, () => {
    status.set(pause.isPaused ? 'paused' : 'running');
  });

  let ended: StepsOutcome;
  try {
    if (input.reused !== undefined && carried === undefined) await reuse(input.reused);
    if (input.plan === null && carried === undefined) status.set('running');
    const plan = carried?.plan ?? input.plan ?? (await makePlan(input, calls, unsent));
    const isQuick = (step: PlanStep): boolean =>
      input.tools[step.tool]?.quick === true && approvals.isAsked(step) === undefined;
    state = new RunState(
      plan,
      isQuick,
      carried?.steps ?? stepsOf(input.reused),
      carried?.version,
      carried?.isFinishing,
    );
    revisions.open(state);
    const bounds = new SupervisorBounds(carried?.supervision);
    drawing = new Drawing(run.goal, state);
    const draw = (): void => {
      status.set(pause.isPaused ? 'paused' : approvals.isWaiting ? 'waiting' : 'running');
      drawing?.change();
    };
    const begun = carried !== undefined || input.plan === null || input.reused !== undefined;
    const turns = new Map(Object.entries(carried?.turns ?? {}));
    const parts = {
      ...{ input, state, unsent, pause, approvals, work, budget, clock, turns, lent },
      ...{ revisions, bounds, subAgents },
    };
    const runner = new StepRunner(parts, draw);
    ended = await runner.run(begun, carried?.supervision?.reviews);
    if (ended.status === 'continue-as-new') {
      await condition(allHandlersFinished);
      const left = budget.carry();
      const supervised = runner.carriedSupervision;
      await continueAsNew<typeof agentRun>({
        run,
        plan: null,
        inputsData: null,
        tools: input.tools,
        ...(input.approvals === undefined ? {} : { approvals: input.approvals }),
        ...(input.lender === undefined ? {} : { lender: input.lender }),
        carried: {
          plan: state.plan,
          ...(state.version === 1 ? {} : { version: state.version }),
          steps: state.carry(),
          ...(state.isFinishing ? { isFinishing: true } : {}),
          ...(supervised === undefined ? {} : { supervision: supervised }),
          unsent: unsent.all(),
          cancelReason: cancel.reason,
          pause: pause.carry(),
          approvals: approvals.carry(),
          messages: inbox.carry(),
          ...(turns.size === 0 ? {} : { turns: Object.fromEntries(turns) }),
          ...(borrowed === undefined ? {} : { borrowed: borrowed.made }),
          ...(left === undefined ? {} : { budget: left }),
        },
      });
    }
  } catch (error) {
    const failure = errorOf(error);
    if (failure === undefined) throw error;
    ended = failure === 'cancelled' ? { status: 'cancelled' } : { status: 'failed', error: failure };
  }

  revisions.close();
  const steps = ended;
  const { begun: openSteps, uncertain } = state?.stop() ?? { begun: [], uncertain: [] };
  clock.stop();
  if (drawing !== undefined) setCurrentDetails(drawing.picture());
  // By its log: a cancel may come while the end is being written.
  const end = await CancellationScope.nonCancellable(async () => {
    const recorded =
      steps.status === 'ended'
        ? steps.end
        : await new RunEnding({ budget, unsent, work }, calls, () =>
            outcomeOf({ status: 'cancelled' }),
          ).write({
            ...{ run, outcome: outcomeOf(steps), openSteps },
            ...(uncertain.length === 0 ? {} : { uncertainSteps: uncertain }),
          });
    status.set(recorded.status);
    await tellWebhook(run);
    await condition(allHandlersFinished);
    return recorded;
  });
  if (end.status === 'cancelled') throw new CancelledFailure(cancel.reason ?? 'the run was cancelled');
  if (end.status === 'failed') throw ApplicationFailure.nonRetryable(end.error.message, end.error.code);
  const { total = 0, completed = 0, failed = 0, skipped = 0 } = state?.snapshot() ?? {};
  return { total, completed, failed, skipped, begun: budget.begun };

  async function reuse(reused: ReusedSteps): Promise<void> {
    status.set('running');
    // All files of the other run may have to be copied.
    await unsent.keep((given) =>
      reuseRun.executeWithOptions(modelCalls('reuse what the other run has done'), [
        { ...given, run, plan: input.plan, reused },
      ]),
    );
  }

  function outcomeOf(steps: Exclude<StepsOutcome, { status: 'ended' }>): RunOutcome {
    switch (steps.status) {
      case 'failed':
        return steps;
      case 'cancelled':
        return { status: 'cancelled', reason: cancel.reason };
      case 'completed':
        if (state === undefined) throw new Error('a run cannot complete without a plan');
        return { status: 'completed', resultSteps: state.resultSteps() };
      case 'continue-as-new':
        throw new Error('a continued run does not end here');
    }
  }
}

const stepsOf = (reused: ReusedSteps | undefined): CarriedSteps | undefined =>
  reused === undefined || reused.statuses === ''
    ? undefined
    : { statuses: reused.statuses, timers: [], failures: [] };
