/** What the calls of models took that one activity has made, over all its attempts. */
import type { Spent } from '../contracts/spent.js';
import type { RunEvent } from '../contracts/events.js';
import type { ModelRole, ModelUsage } from '../contracts/models.js';
import { now, type Journal } from './journal.js';

export class Spending {
  private tokens = 0;
  private costUsd: number | null = 0;
  private called = 0;
  private unheard = 0;

  /** @param past the log's events, among them those of attempts before this one */
  constructor(past: readonly RunEvent[] = []) {
    for (const event of past) if (event.type === 'model.called') this.add(event);
  }

  add({ inputTokens, outputTokens, costUsd }: Omit<ModelUsage, 'model' | 'durationMs'>): void {
    this.called += 1;
    this.tokens += inputTokens + outputTokens;
    this.costUsd = costUsd === null || this.costUsd === null ? null : this.costUsd + costUsd;
  }

  /** Attempts that took something, and nobody knows how much. */
  addUnheard(attempts: number): void {
    this.unheard += Math.max(0, attempts);
  }

  /** Calls that have told what they took. */
  get calls(): number {
    return this.called;
  }

  /** Calls that are known to have taken something. */
  get known(): number {
    return this.called + this.unheard;
  }

  get total(): Spent {
    const { tokens, costUsd, unheard } = this;
    return { tokens, costUsd, ...(unheard === 0 ? {} : { unheard }) };
  }
}

/** Notes each call of a model as it ends; null stands for one that broke off. @param key of an activity's first call, its second, ... */
export function notingCalls(
  journal: Journal,
  spending: Spending,
  {
    role,
    key,
    of = {},
  }: { role: ModelRole; key: (call: number) => string; of?: { stepId?: string; attempt?: number } },
): (usage: ModelUsage | null) => Promise<void> {
  let calls = 0;
  return (usage) => {
    if (usage === null) {
      spending.addUnheard(1);
      return Promise.resolve();
    }
    calls += 1;
    spending.add(usage);
    const { unheard } = spending.total;
    // By an outage it is only the note that is lost.
    return journal.tryAppend({
      type: 'model.called',
      key: key(calls),
      at: now(),
      ...of,
      data: { role, ...usage, ...(unheard === undefined ? {} : { unheard }) },
    });
  };
}

/** Keys of the calls that attempts before this one may have noted. @param each calls that one makes at most */
export const pastCalls = (
  key: (tries: number, call: number) => string,
  tries: number,
  each: number,
): string[] =>
  Array.from({ length: Math.min(tries - 1, MAX_PAST) }, (_, i) =>
    Array.from({ length: each }, (_unused, call) => key(tries - 1 - i, call + 1)),
  ).flat();

/** Attempts that are looked for, the newest. */
const MAX_PAST = 100;
