/** Events that could not be stored yet. Every activity is given all of them until one has stored them. */
import type { RunScope } from '../contracts/run-scope.js';
import type { NewEvent } from '../contracts/events.js';
import type { NewRun } from '../contracts/runs.js';

export class UnsentEvents {
  private readonly byKey = new Map<string, NewEvent>();

  constructor(
    private readonly run: Pick<NewRun, 'id' | 'tenantId' | 'agent'>,
    events: readonly NewEvent[] = [],
  ) {
    for (const event of events) this.byKey.set(event.key, event);
  }

  get size(): number {
    return this.byKey.size;
  }

  all(): NewEvent[] {
    return [...this.byKey.values()];
  }

  add(event: NewEvent): void {
    this.byKey.set(event.key, event);
  }

  /** What an activity is told: whose run it is, and all that is to be stored. */
  scope(): RunScope {
    const { id, tenantId, agent } = this.run;
    return { runId: id, tenantId, agent, unsent: this.all() };
  }

  /** An activity that was given `given` has stored them, all but what it hands back. */
  settle(given: readonly NewEvent[], back: readonly NewEvent[] = []): void {
    for (const { key } of given) this.byKey.delete(key);
    for (const event of back) this.byKey.set(event.key, event);
  }

  /** Calls an activity whose success means that the events it was given are stored. */
  async keep<Result>(call: (scope: RunScope) => Promise<Result>): Promise<Result> {
    const scope = this.scope();
    const result = await call(scope);
    this.settle(scope.unsent);
    return result;
  }
}
