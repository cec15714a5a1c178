/** What keeps a supervisor from going on for ever: so many changes, so many steps, and nothing three times the same. */
import type { SuperviseResult } from '../contracts/judgements.js';
import type { ErrorInfo } from '../contracts/errors.js';
import type { CarriedSupervision } from '../contracts/messages.js';

/** The same done with the same result, as often, is a loop that leads nowhere. */
const MAX_REPEATS = 3;
/** Of an answer that a worker gave that knew of no limits. */
const unlimited = { maxChanges: Infinity, maxSteps: Infinity };

type Wish = Pick<SuperviseResult, 'decision' | 'steps' | 'signature' | 'limits'>;

export class SupervisorBounds {
  private changes: number;
  private added: number;
  private readonly seen: Map<string, number>;

  constructor(carried?: Omit<CarriedSupervision, 'reviews'>) {
    this.changes = carried?.changes ?? 0;
    this.added = carried?.added ?? 0;
    this.seen = new Map(carried?.seen);
  }

  /** Why the supervisor may not have its way; undefined where it may. @param isNew whether the plan lacks the step */
  problem(stepId: string, wish: Wish, isNew: (id: string) => boolean): ErrorInfo | undefined {
    const { maxChanges, maxSteps } = wish.limits ?? unlimited;
    if (this.changes >= maxChanges)
      return noEnd(`it has changed the plan or asked ${maxChanges} times, and wants to once more`);
    if (this.added + this.newSteps(wish, isNew) > maxSteps)
      return noEnd(`it wants to add more than ${maxSteps} steps to the plan`);
    if (wish.signature !== undefined && (this.seen.get(wish.signature) ?? 0) + 1 >= MAX_REPEATS)
      return noEnd(
        `what the step "${stepId}" does was done ${MAX_REPEATS} times with the same arguments and the same result, and it wants more of it`,
      );
    return undefined;
  }

  /** The supervisor has had its way, or has tried to. */
  note(wish: Wish, isNew: (id: string) => boolean): void {
    this.changes += 1;
    this.added += this.newSteps(wish, isNew);
    const { signature } = wish;
    if (signature !== undefined) this.seen.set(signature, (this.seen.get(signature) ?? 0) + 1);
  }

  private newSteps({ decision, steps = [] }: Wish, isNew: (id: string) => boolean): number {
    return decision === 'retry' ? 1 : steps.filter(({ id }) => isNew(id)).length;
  }

  carry(): Omit<CarriedSupervision, 'reviews'> {
    return { changes: this.changes, added: this.added, seen: [...this.seen] };
  }
}

const noEnd = (message: string): ErrorInfo => ({
  code: 'supervisor_no_end',
  message: `the supervisor comes to no end: ${message}`,
  retryable: false,
});
