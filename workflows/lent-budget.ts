/**
 * A budget that sub-agents share: each asks the run that handed on to it before it asks a model, and tells it after
 * what that took. So one account is kept, however deep they are.
 */
import { CancellationScope, condition, defineSignal, isCancellation, setHandler } from '@temporalio/workflow';
import type { Spent } from '../contracts/spent.js';
import { ASK_BUDGET_SIGNAL, GIVE_BUDGET_SIGNAL, SETTLE_BUDGET_SIGNAL } from '../contracts/messages.js';
import type { BudgetAnswer, BudgetAsked, BudgetSettled } from '../contracts/messages.js';
import { isBudgetExhausted, type Lender, type RunBudget } from './budget.js';
import { tellRun } from './tell-run.js';
import type { Work } from './work.js';

const askSignal = defineSignal<[BudgetAsked]>(ASK_BUDGET_SIGNAL);
const giveSignal = defineSignal<[BudgetAnswer]>(GIVE_BUDGET_SIGNAL);
const settleSignal = defineSignal<[BudgetSettled]>(SETTLE_BUDGET_SIGNAL);

const nothing: Spent = { tokens: 0, costUsd: 0 };

/** Of whoever hands on. */
export class LentBudget {
  private readonly settled = new Map<string, Spent>();
  private readonly ended = new Set<string>();

  constructor(budget: RunBudget, work: Work) {
    setHandler(askSignal, ({ from, call }) => {
      work.track(this.lend(budget, from, call));
    });
    setHandler(settleSignal, ({ from, call, spent }) => {
      this.settled.set(`${from}/${call}`, spent);
    });
  }

  /** Whatever the run has not given back, it does not need any more. */
  end(runId: string): void {
    this.ended.add(runId);
  }

  private async lend(budget: RunBudget, from: string, call: number): Promise<void> {
    const key = `${from}/${call}`;
    try {
      await budget.call(async () => {
        await tellRun(from, giveSignal, { call, refused: null });
        await condition(() => this.settled.has(key) || this.ended.has(from));
        const spent = this.settled.get(key) ?? nothing;
        this.settled.delete(key);
        return { spent };
      });
    } catch (error) {
      if (isCancellation(error)) return;
      if (!isBudgetExhausted(error)) throw error;
      await tellRun(from, giveSignal, { call, refused: error instanceof Error ? error.message : '' });
    }
  }
}

/** Of the sub-agent. */
export class BorrowedBudget implements Lender {
  private readonly answers = new Map<number, BudgetAnswer>();
  private calls: number;

  /** @param runId of this run; @param lender the run that handed on; @param calls made by executions before this one */
  constructor(
    private readonly runId: string,
    private readonly lender: string,
    calls = 0,
  ) {
    this.calls = calls;
    setHandler(giveSignal, (answer) => {
      this.answers.set(answer.call, answer);
    });
  }

  get made(): number {
    return this.calls;
  }

  async borrow(): Promise<{ refused: string } | { settle: (spent: Spent) => Promise<void> }> {
    this.calls += 1;
    const call = this.calls;
    const isThere = await tellRun(this.lender, askSignal, { from: this.runId, call });
    // Whoever handed on is gone: this run is about to be cancelled.
    if (!isThere) return { settle: () => Promise.resolve() };
    await condition(() => this.answers.has(call));
    const refused = this.answers.get(call)?.refused ?? null;
    this.answers.delete(call);
    if (refused !== null) return { refused };
    return {
      // Also where this run is being stopped: what was paid is paid.
      settle: (spent) =>
        CancellationScope.nonCancellable(async () => {
          await tellRun(this.lender, settleSignal, { from: this.runId, call, spent });
        }),
    };
  }
}
