/** What becomes of the plan while it is carried out: changed by people or by the supervisor, each time as a new version. */
import { ApplicationFailure, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ErrorCode } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import { PLAN_UPDATE, planApproval, type PlanUpdateRequest } from '../contracts/messages.js';
import { MAX_PLAN_VERSIONS, planKey, type PlanChange } from '../contracts/plan-change.js';
import type { Approvals } from './approvals.js';
import type { RunState } from './run-state.js';

const planUpdate = defineUpdate<undefined, [PlanUpdateRequest]>(PLAN_UPDATE);

type Made = Pick<Extract<NewEvent, { type: 'plan.updated' }>['data'], 'madeBy' | 'by' | 'retried'>;

export class PlanRevisions {
  private state: RunState | undefined;
  private isClosed = false;
  /** Whether the run's end is being written along with its last steps. */
  isEnding: () => boolean = () => false;

  /** @param record takes the event of a change, for it to be stored at once */
  constructor(
    private readonly record: (event: NewEvent) => void,
    private readonly approvals: Approvals,
  ) {
    setHandler(
      planUpdate,
      ({ version, by, ...change }) => {
        this.refuse(version, change);
        this.apply(change, { madeBy: 'caller', ...(by === null ? {} : { by }) });
        return undefined;
      },
      {
        validator: ({ version, by: _by, ...change }: PlanUpdateRequest) => {
          this.refuse(version, change);
        },
      },
    );
  }

  /** There is a plan, and it may be changed. */
  open(state: RunState): void {
    this.state = state;
  }

  /** No step is begun any more. */
  close(): void {
    this.isClosed = true;
  }

  /** @throws ApplicationFailure where people may not make the change */
  private refuse(version: number, change: PlanChange): void {
    const { state } = this;
    if (this.isClosed || this.isEnding() || state?.isFinishing === true)
      throw refused('run_closed', 'the run is coming to its end');
    if (state === undefined) throw refused('plan_not_made', 'the run has no plan yet');
    if (version !== state.version)
      throw refused('precondition_failed', `the plan is at version ${state.version}, and not at ${version}`);
    const problem = this.problemOf(change);
    if (problem !== undefined) throw refused('plan_not_changeable', problem);
  }

  /** Why the change cannot be made. @param failed as RunState.problemOf */
  problemOf(change: PlanChange, failed?: string): string | undefined {
    const { state } = this;
    if (state === undefined || this.isClosed || state.isFinishing) return 'the run is coming to its end';
    if (state.version >= MAX_PLAN_VERSIONS)
      return `the plan has been changed ${MAX_PLAN_VERSIONS - 1} times, and cannot be more often`;
    return state.problemOf(change, failed);
  }

  /** Makes a change of which there is nothing to say. */
  apply(change: PlanChange, made: Made): void {
    const { state, approvals } = this;
    if (state === undefined) throw new Error('there is no plan that could be changed');
    approvals.supersede([planApproval(state.version), ...state.revise(change)]);
    const { version } = state;
    const { steps, remove, maxParallel } = change;
    this.record({
      type: 'plan.updated',
      key: planKey(version),
      at: new Date().toISOString(),
      data: {
        ...{ version, steps, removed: remove },
        ...(maxParallel === undefined ? {} : { maxParallel }),
        ...made,
      },
    });
    approvals.onChange();
  }
}

const refused = (code: ErrorCode, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, code);
