/**
 * What a run may use up and has used: reserved before each call of a model and settled after it, in the workflow, so
 * that it goes past its budget by no more than one call.
 */
import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { Spent } from '../contracts/spent.js';
import { budgetLimits, limitFields, usedUp, type BudgetLimit } from '../contracts/budget-limits.js';
import type { Budget, TopUp } from '../contracts/budgets.js';
import type { ErrorCode, ErrorInfo } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import type { CarriedBudget } from '../contracts/messages.js';
import { spentOf } from './error-of.js';

/** A limit is warned of once so much of it is used. */
const WARN_AT = 0.8;

const EXHAUSTED = 'budget_exhausted' satisfies ErrorCode;
export const isBudgetExhausted = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.type === EXHAUSTED;

/** Whose budget a run shares. */
export interface Lender {
  /** Waits until there is room for one call. */
  borrow(): Promise<{ refused: string } | { settle: (spent: Spent) => Promise<void> }>;
}

/** What one call takes, or may take. */
type Amounts = Record<'tokens' | 'costUsd', number>;

export class RunBudget {
  /** Told of every event. */
  onChange: () => void = () => undefined;
  private budget: Budget | undefined;
  private readonly used: Record<BudgetLimit, number>;
  /** Whether a model has answered whose price is not known: what it cost is not in `used`. */
  private isUnpriced: boolean;
  /** The most that one call took; null until one has ended. */
  private largest: Amounts | null;
  /** What the calls under way may take. */
  private readonly reserved = new Set<Amounts>();
  private reached: BudgetLimit | undefined;
  private isClosed = false;
  /** Those who wait for room, each with whether it waits for nothing by now. */
  private readonly waiting = new Set<() => boolean>();
  /** Milliseconds since 1970 from which the seconds are counted that are not in `used`; null while paused. */
  private since: number | null;
  private changes: number;
  private handedOn: number;
  /** Keys of warnings. */
  private readonly warned: Set<string>;

  /** @param record takes the events; @param lender whose budget is shared, too */
  constructor(
    budget: Budget | undefined,
    private readonly record: (event: NewEvent) => void,
    private readonly lender: Lender | undefined,
    carried?: CarriedBudget,
  ) {
    this.budget = carried?.budget ?? budget;
    this.used = { ...(carried?.used ?? { steps: 0, tokens: 0, costUsd: 0, seconds: 0 }) };
    this.isUnpriced = carried?.isUnpriced ?? false;
    this.largest = carried?.largest ?? null;
    this.reached = carried?.reached;
    this.since = carried === undefined ? Date.now() : carried.since;
    this.changes = carried?.changes ?? 0;
    this.handedOn = carried?.handedOn ?? 0;
    this.warned = new Set(carried?.warned);
  }

  /** The limit that is reached; undefined while none is. */
  get exhausted(): BudgetLimit | undefined {
    return this.reached;
  }

  get pauses(): boolean {
    return this.budget?.onExhausted === 'pause';
  }

  /** What a run that has used it up fails with. */
  error(): ErrorInfo {
    return { code: EXHAUSTED, message: this.inWords(), retryable: false };
  }

  inWords(): string {
    const limit = this.reached;
    if (limit === undefined) return 'nothing is used up';
    if (limit === 'costUsd' && this.isUnpriced)
      return 'the budget limits the cost, and the price of a model that was asked is not known';
    const used = limit === 'seconds' ? this.seconds() : this.used[limit];
    return usedUp({ limit, used, max: this.max(limit) ?? 0 });
  }

  /** Steps that were begun, with those of sub-agents. */
  get begun(): number {
    return this.used.steps;
  }

  /** Steps that may still be begun. @param begun those that have */
  stepsLeft(begun: number): number {
    return Math.max(0, (this.max('steps') ?? Infinity) - begun - this.handedOn);
  }

  /** @param begun steps that have begun; @param isWanted whether another one is to be */
  noteSteps(begun: number, isWanted: boolean): void {
    this.used.steps = begun + this.handedOn;
    this.check('steps', isWanted);
  }

  /**
   * Asks a model once there is room for it: waits while the budget is used up.
   * @throws ApplicationFailure `budget_exhausted` when it is not to be waited for any more
   */
  call<Result extends { spent: Spent }>(ask: () => Promise<Result>): Promise<Result> {
    // Wanted whatever happens: it is made, or it throws.
    return this.callUnless(() => false, ask) as Promise<Result>;
  }

  /**
   * The same of a call that may not be wanted any more when there is no room for it.
   * @returns null where it was not made
   */
  async callUnless<Result extends { spent: Spent }>(
    isMoot: () => boolean,
    ask: () => Promise<Result>,
  ): Promise<Result | null> {
    // Of several that wait for the same room one gets it: between the look and the reservation nothing is awaited.
    while (!this.hasRoom()) {
      if (isMoot()) return null;
      this.waiting.add(isMoot);
      this.onChange();
      await condition(() => this.isClosed || this.hasRoom() || isMoot());
      this.waiting.delete(isMoot);
      if (this.isClosed) throw ApplicationFailure.nonRetryable(this.inWords(), EXHAUSTED);
    }
    const estimate = this.largest ?? { tokens: this.left('tokens'), costUsd: this.left('costUsd') };
    this.reserved.add(estimate);
    try {
      const lent = await this.lender?.borrow();
      if (lent !== undefined && 'refused' in lent)
        throw ApplicationFailure.nonRetryable(lent.refused, EXHAUSTED);
      let spent: Spent = { tokens: 0, costUsd: 0 };
      try {
        const result = await ask();
        ({ spent } = result);
        this.settle(spent, estimate);
        return result;
      } catch (error) {
        // An answer that nobody could use was paid for, too.
        const inVain = spentOf(error);
        if (inVain !== undefined) {
          spent = inVain;
          this.settle(spent, estimate);
        }
        throw error;
      } finally {
        await lent?.settle(spent);
      }
    } finally {
      this.reserved.delete(estimate);
    }
  }

  /** Whether somebody waits for room, and has to. */
  get isWaitedFor(): boolean {
    return [...this.waiting].some((isMoot) => !isMoot());
  }

  /** Whether sub-agents share it. */
  get isLimited(): boolean {
    return this.budget !== undefined || this.lender !== undefined;
  }

  /** Counts what a sub-agent has begun. */
  addSteps(begun: number): void {
    this.handedOn += begun;
  }

  /** Whoever waits for room waits in vain. */
  close(): void {
    this.isClosed = true;
  }

  private hasRoom(): boolean {
    if (this.budget === undefined) return true;
    if (this.reached !== undefined) return false;
    // Alone, a call may begin while anything is left: this is the one by which the budget may be passed.
    if (this.reserved.size === 0) return true;
    // Until one has ended nobody knows what one takes.
    const next = this.largest ?? { tokens: Infinity, costUsd: Infinity };
    return (['tokens', 'costUsd'] as const).every(
      (limit) => this.max(limit) === undefined || this.left(limit) >= next[limit],
    );
  }

  private left(limit: keyof Amounts): number {
    let left = (this.max(limit) ?? 0) - this.used[limit];
    for (const estimate of this.reserved) left -= estimate[limit];
    return left;
  }

  /** Takes in what calls took. @param kept for them */
  private settle({ tokens, costUsd, unheard = 0 }: Spent, kept: Amounts): void {
    this.isUnpriced ||= costUsd === null;
    // Where nothing was heard, it says nothing of what one takes.
    if (tokens > 0 || unheard === 0)
      this.largest = {
        tokens: Math.max(this.largest?.tokens ?? 0, tokens),
        costUsd: Math.max(this.largest?.costUsd ?? 0, costUsd ?? 0),
      };
    this.used.tokens += tokens + this.ofUnheard(unheard, 'tokens', kept);
    this.used.costUsd += (costUsd ?? 0) + this.ofUnheard(unheard, 'costUsd', kept);
    this.check('tokens');
    this.check('costUsd');
  }

  /** What nobody knows is taken for as much as calls took, and where none was ever heard for all that was kept for it. */
  private ofUnheard(calls: number, limit: keyof Amounts, kept: Amounts): number {
    if (calls === 0) return 0;
    return this.largest === null ? Math.max(0, kept[limit]) : calls * this.largest[limit];
  }

  /** When the time is to be looked at next, in milliseconds since 1970. */
  nextMoment(): number | undefined {
    const max = this.max('seconds');
    if (max === undefined || this.since === null || this.reached !== undefined) return undefined;
    const share = this.seconds() < max * WARN_AT ? WARN_AT : 1;
    // A millisecond later: what is rounded must not be too early.
    return Math.floor(this.since + (max * share - this.used.seconds) * 1_000) + 1;
  }

  checkTime(): void {
    this.check('seconds');
  }

  /** While it is paused no time counts. */
  setPaused(isPaused: boolean): void {
    if (isPaused === (this.since === null)) return;
    this.used.seconds = this.seconds();
    this.since = isPaused ? null : Date.now();
  }

  private seconds(): number {
    return this.used.seconds + (this.since === null ? 0 : (Date.now() - this.since) / 1_000);
  }

  /** Puts other limits in the place of those before. @returns whether there is room now */
  topUp(given: TopUp, by: string | null): boolean {
    this.budget = { ...this.budget, ...given };
    this.changes += 1;
    this.tell({
      type: 'budget.changed',
      key: `budget/changed/${this.changes}`,
      data: { budget: this.budget, ...(by === null ? {} : { by }) },
    });
    const before = this.reached;
    this.reached = undefined;
    for (const limit of budgetLimits) this.check(limit, before === 'steps');
    return this.exhausted === undefined;
  }

  /** @param isWanted whether one more step is to begin: steps are used up only where another one is wanted */
  private check(limit: BudgetLimit, isWanted = false): void {
    const max = this.max(limit);
    if (max === undefined) return;
    const used = limit === 'seconds' ? this.seconds() : this.used[limit];
    const isOver =
      (used >= max && (limit !== 'steps' || isWanted)) || (limit === 'costUsd' && this.isUnpriced);
    const data = { limit, max, used: Number(used.toFixed(6)) };
    // By the limit, too: one that was raised is warned of anew.
    const warning = `budget/warning/${limit}/${max}`;
    if (used >= max * WARN_AT && !this.warned.has(warning)) {
      this.warned.add(warning);
      this.tell({ type: 'budget.warning', key: warning, data });
    }
    if (!isOver || this.reached !== undefined) return;
    this.reached = limit;
    this.tell({
      type: 'budget.exhausted',
      key: `budget/exhausted/${limit}/${max}`,
      data: { ...data, onExhausted: this.pauses ? 'pause' : 'fail' },
    });
  }

  private max(limit: BudgetLimit): number | undefined {
    return this.budget?.[limitFields[limit]];
  }

  private tell(event: BudgetEvent): void {
    this.record({ ...event, at: new Date().toISOString() });
    this.onChange();
  }

  /** Meant for a state in which no call is under way. */
  carry(): CarriedBudget | undefined {
    const { budget, used, isUnpriced, largest, reached, since, changes, handedOn, warned } = this;
    if (budget === undefined) return undefined;
    return {
      ...{ budget, used, isUnpriced, largest, since, changes, handedOn, warned: [...warned] },
      ...(reached === undefined ? {} : { reached }),
    };
  }
}

type Without<Event, Key extends PropertyKey> = Event extends unknown ? Omit<Event, Key> : never;
type BudgetEvent = Without<Extract<NewEvent, { type: `budget.${string}` }>, 'at'>;
