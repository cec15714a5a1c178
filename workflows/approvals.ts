/** What waits for a person's word, and what was said. Decisions come one after the other: the first one counts. */
import { ApplicationFailure, condition, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ApprovalPolicy } from '../contracts/approvals.js';
import { asksFor } from '../contracts/asking.js';
import type { ErrorCode, ErrorInfo } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import {
  DECIDE_UPDATE,
  planApproval,
  stepOfApproval,
  type Approved,
  type CarriedApprovals,
  type DecisionRequest,
  type PendingApproval,
} from '../contracts/messages.js';
import type { JsonValue, PlanStep } from '../contracts/plan.js';
import { untilOver, type Patience, type Waited } from './patience.js';

const decideUpdate = defineUpdate<undefined, [DecisionRequest]>(DECIDE_UPDATE);

export type Verdict =
  | { status: 'approved'; output?: { value: JsonValue } }
  | { status: 'denied'; error: ErrorInfo }
  /** What was asked about is not what would be done any more. */
  | { status: 'superseded' }
  | { status: 'carried' };

interface Details {
  by?: string;
  note?: string;
  args?: Approved['args'] & object;
  output?: { value: JsonValue };
  timedOut?: true;
}

interface Open extends Waited {
  /** Null until it is known what exactly is asked. */
  argsHash: string | null;
  verdict?: Exclude<Verdict, { status: 'carried' }>;
}

export class Approvals {
  /** Told when an event was recorded. */
  onChange: () => void = () => undefined;
  private readonly open = new Map<string, Open>();
  private readonly granted: Map<string, Approved>;
  private readonly superseded = new Set<string>();

  /** @param record takes the event of a decision */
  constructor(
    private readonly policy: ApprovalPolicy,
    private readonly effectOf: (step: PlanStep) => string,
    private readonly record: (event: NewEvent) => void,
    carried?: CarriedApprovals,
  ) {
    for (const [id, pending] of Object.entries(carried?.pending ?? {})) this.open.set(id, { ...pending });
    this.granted = new Map(Object.entries(carried?.granted ?? {}));
    setHandler(decideUpdate, (request) => this.decide(request), {
      validator: ({ approvalId }: DecisionRequest) => {
        this.undecided(approvalId);
      },
    });
  }

  /** Why the step must be asked for, whether it was or not; undefined when it need not. */
  isAsked(step: PlanStep): 'policy' | 'step' | undefined {
    const byPolicy =
      this.policy === 'all' || (this.policy === 'irreversible' && this.effectOf(step) === 'irreversible');
    if (byPolicy) return 'policy';
    if (asksFor(step.tool) !== undefined) return 'step';
    return step.approval === undefined ? undefined : 'step';
  }

  /** Whether what a step's model asks for must be asked about: what cannot be undone always is. */
  isCallAsked(effect: string): boolean {
    return this.policy === 'all' || effect === 'irreversible';
  }

  isPlanOpen(version: number): boolean {
    return this.policy === 'plan' && !this.granted.has(planApproval(version));
  }

  /** Whether a person's word is waited for. */
  get isWaiting(): boolean {
    for (const { verdict } of this.open.values()) if (verdict === undefined) return true;
    return false;
  }

  /**
   * Resolves when a person has decided or the time is over, or as `carried` when `isEnough` says so.
   * @param ask asks; not called where it was asked in an execution before this one
   */
  async wait(
    id: string,
    { timeoutSeconds, onTimeout, remindEverySeconds }: Patience,
    ask: (expiresAt: number | null) => Promise<{ argsHash: string } | { error: ErrorInfo }>,
    isEnough: () => boolean,
  ): Promise<Verdict> {
    // Open before it is asked: who is quick meets no "there is nothing to decide".
    const open: Open = this.open.get(id) ?? {
      argsHash: null,
      expiresAt: timeoutSeconds === undefined ? null : Date.now() + timeoutSeconds * 1_000,
    };
    this.open.set(id, open);
    let isCarried = false;
    try {
      if (open.argsHash === null) {
        const asked = await ask(open.expiresAt);
        if ('error' in asked) return { status: 'denied', error: asked.error };
        open.argsHash = asked.argsHash;
      }
      const isOver = (): boolean => open.verdict !== undefined || isEnough();
      await untilOver(open, isOver, remindEverySeconds, (reminder) => {
        this.remind(id, reminder);
      });
      isCarried = open.verdict === undefined && isEnough();
      if (isCarried) return { status: 'carried' };
      return open.verdict ?? this.settle(id, open, onTimeout, { timedOut: true });
    } finally {
      // Also where the run is stopped: whoever decides just now is told so, and holds nothing up.
      if (!isCarried) this.open.delete(id);
    }
  }

  private remind(id: string, reminder: number): void {
    const stepId = stepOfApproval(id);
    this.record({
      type: 'approval.reminded',
      key: `approval/${id}/reminded/${reminder}`,
      at: new Date().toISOString(),
      data: { approvalId: id, reminder },
      ...(stepId === undefined ? {} : { stepId }),
    });
    this.onChange();
  }

  /** What the tool may be given; undefined where nobody was asked. */
  grantOf(approvalId: string): Approved | undefined {
    return this.granted.get(approvalId);
  }

  /** The attempt of the step of which it was said that it has not acted. */
  notActed(stepId: string): number | undefined {
    for (const id of this.granted.keys()) {
      const about = attemptOf(id);
      if (about?.stepId === stepId) return about.attempt;
    }
    return undefined;
  }

  /** Nobody needs to decide on these any more, and what was said of them counts no more. */
  supersede(ids: readonly string[]): void {
    for (const id of ids) {
      this.granted.delete(id);
      const open = this.open.get(id);
      if (open === undefined || open.verdict !== undefined) continue;
      open.verdict = { status: 'superseded' };
      this.superseded.add(id);
    }
  }

  /** What has run needs to be carried no more. */
  used(approvalId: string): void {
    this.granted.delete(approvalId);
  }

  /** A word on an earlier attempt says nothing of a later one. */
  forgetOutcome(stepId: string): void {
    for (const id of [...this.granted.keys()]) if (attemptOf(id)?.stepId === stepId) this.granted.delete(id);
  }

  private async decide(request: DecisionRequest): Promise<undefined> {
    const { approvalId, decision, argsHash, args, output, note, by } = request;
    const open = this.undecided(approvalId);
    await condition(() => open.argsHash !== null || !this.open.has(approvalId));
    this.undecided(approvalId);
    if (argsHash !== null && argsHash !== open.argsHash)
      throw refused(
        'approval_stale',
        `${approvalId} asks for ${open.argsHash ?? ''}, and not for ${argsHash}`,
      );
    this.settle(approvalId, open, decision, {
      ...(by === null ? {} : { by }),
      ...(note === null ? {} : { note }),
      ...(args === null ? {} : { args }),
      ...(output === undefined ? {} : { output }),
    });
    return undefined;
  }

  private settle(
    id: string,
    open: Open,
    decision: 'approve' | 'deny',
    { output, ...details }: Details,
  ): NonNullable<Open['verdict']> {
    const isApproved = decision === 'approve';
    const verdict: NonNullable<Open['verdict']> = isApproved
      ? { status: 'approved', ...(output === undefined ? {} : { output }) }
      : { status: 'denied', error: { code: 'approval_denied', message: whyOf(details), retryable: false } };
    open.verdict = verdict;
    // What has been done already is granted to nobody.
    if (isApproved && output === undefined) {
      const args = details.args === undefined ? {} : { args: details.args };
      this.granted.set(id, { argsHash: open.argsHash ?? '', ...args });
    }
    const stepId = stepOfApproval(id);
    this.record({
      type: 'approval.decided',
      key: `approval/${id}/decided`,
      at: new Date().toISOString(),
      data: {
        approvalId: id,
        decision: isApproved ? 'approved' : 'denied',
        ...details,
        ...(output === undefined ? {} : { output: output.value }),
      },
      ...(stepId === undefined ? {} : { stepId }),
    });
    this.onChange();
    return verdict;
  }

  /** @throws ApplicationFailure `approval_decided` */
  private undecided(id: string): Open {
    const open = this.open.get(id);
    if (this.superseded.has(id))
      throw refused('approval_stale', `${id} is about what has been changed since`);
    if (open === undefined || open.verdict !== undefined)
      throw refused('approval_decided', `${id} waits for no decision`);
    return open;
  }

  carry(): CarriedApprovals {
    const pending: Record<string, PendingApproval> = {};
    for (const [id, { argsHash, expiresAt, reminders, verdict }] of this.open)
      if (argsHash !== null && verdict === undefined)
        pending[id] = { argsHash, expiresAt, ...(reminders === undefined ? {} : { reminders }) };
    return { pending, granted: Object.fromEntries(this.granted) };
  }
}

/** What the approval of an outcome is about; undefined for any other. */
function attemptOf(approvalId: string): { stepId: string; attempt: number } | undefined {
  const [, attempt, stepId] = /^outcome-(\d+)-(.+)$/.exec(approvalId) ?? [];
  return stepId === undefined ? undefined : { stepId, attempt: Number(attempt) };
}

const refused = (code: ErrorCode, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, code);

const whyOf = ({ by, note, timedOut }: Pick<Details, 'by' | 'note' | 'timedOut'>): string => {
  if (timedOut === true) return 'nobody decided in time';
  const who = by === undefined ? 'it was denied' : `${by} denied it`;
  return note === undefined ? who : `${who}: ${note}`;
};
