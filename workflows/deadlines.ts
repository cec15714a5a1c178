/** A queue by time: the earliest deadline first. A binary heap, for a plan may have thousands of waits. */

export interface Deadline {
  /** Milliseconds since 1970. */
  at: number;
  stepId: string;
}

export class Deadlines {
  private readonly heap: Deadline[] = [];

  get size(): number {
    return this.heap.length;
  }

  earliest(): Deadline | undefined {
    return this.heap[0];
  }

  add(deadline: Deadline): void {
    const { heap } = this;
    let i = heap.push(deadline) - 1;
    for (let parent = (i - 1) >> 1; i > 0 && this.at(i) < this.at(parent); parent = (i - 1) >> 1) {
      this.swap(i, parent);
      i = parent;
    }
  }

  /** Takes the earliest out when its time has come. */
  takeDue(now: number): Deadline | undefined {
    const { heap } = this;
    const due = heap[0];
    if (due === undefined || due.at > now) return undefined;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      this.sink();
    }
    return due;
  }

  private sink(): void {
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (this.at(child) < this.at(least)) least = child;
      if (least === i) return;
      this.swap(i, least);
      i = least;
    }
  }

  private at(i: number): number {
    return this.heap[i]?.at ?? Infinity;
  }

  private swap(i: number, j: number): void {
    const [a, b] = [this.heap[i], this.heap[j]];
    if (a === undefined || b === undefined) return;
    this.heap[i] = b;
    this.heap[j] = a;
  }
}
