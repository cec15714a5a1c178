/** Steps that could begin, in the order in which they became ready: quick ones go in rows, the others one by one. */
import { Queue } from './queue.js';
import type { StepNode } from './step-node.js';

export class ReadySteps {
  private quick = new Queue<StepNode>();
  private slow = new Queue<StepNode>();

  /** Those among them that are ready. */
  add(nodes: readonly StepNode[]): void {
    for (const node of nodes)
      if (node.status === 'pending' && node.open === 0) (node.quick ? this.quick : this.slow).add(node);
  }

  clear(): void {
    this.quick = new Queue();
    this.slow = new Queue();
  }

  get hasQuick(): boolean {
    return this.quick.size > 0;
  }

  get hasAny(): boolean {
    return this.quick.size + this.slow.size > 0;
  }

  /** The next one that is not quick. */
  takeSlow(): StepNode | undefined {
    return this.slow.take();
  }

  /**
   * Quick ones that are ready, and those that will be once the ones before them in the row have completed.
   * @param begin each that is taken
   */
  takeRow(max: number, begin: (node: StepNode) => void): StepNode[] {
    const row: StepNode[] = [];
    const met = new Map<StepNode, number>();
    const take = (node: StepNode): void => {
      begin(node);
      row.push(node);
    };
    const fill = (): boolean => {
      const node = row.length < max ? this.quick.take() : undefined;
      if (node !== undefined) take(node);
      return node !== undefined;
    };
    for (let i = 0; i < row.length || fill(); i++)
      for (const dependant of row[i]?.dependants ?? []) {
        const now = (met.get(dependant) ?? 0) + 1;
        met.set(dependant, now);
        const isFree = dependant.quick && dependant.status === 'pending' && dependant.open === now;
        if (isFree && row.length < max) take(dependant);
      }
    return row;
  }
}
