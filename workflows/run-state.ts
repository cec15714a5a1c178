/** Which steps of a plan are over, under way or ready. Pure; every change costs its edges only. */
import { dependenciesOf } from '../contracts/check-plan.js';
import type { CarriedSteps, RunSnapshot, StepTimer } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';

export type StepStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped';

interface Node {
  step: PlanStep;
  status: StepStatus;
  /** Dependencies that are not completed yet. */
  open: number;
  dependants: Node[];
  /** While waiting. */
  timer?: StepTimer;
  /** Of a failed step, why in one line. */
  failure?: string;
}

export class RunState {
  private readonly nodes = new Map<string, Node>();
  private readonly counts: Record<StepStatus, number>;
  /** Ready nodes in the order in which they became so; `next` is the first that was not taken. */
  private readonly ready: Node[] = [];
  private next = 0;

  constructor(plan: Plan, carried?: CarriedSteps) {
    for (const step of plan.steps)
      this.nodes.set(step.id, { step, status: 'pending', open: 0, dependants: [] });
    this.counts = { pending: this.nodes.size, running: 0, waiting: 0, completed: 0, failed: 0, skipped: 0 };
    for (const node of this.nodes.values())
      for (const id of dependenciesOf(node.step)) {
        this.node(id).dependants.push(node);
        node.open += 1;
      }
    if (carried !== undefined) this.restore(carried);
    for (const node of this.nodes.values())
      if (node.status === 'pending' && node.open === 0) this.ready.push(node);
  }

  private restore(carried: CarriedSteps): void {
    for (const id of carried.completed) {
      this.move(this.node(id), 'completed');
      for (const dependant of this.node(id).dependants) dependant.open -= 1;
    }
    for (const [id, why] of Object.entries(carried.failed)) {
      const node = this.node(id);
      node.failure = why;
      this.move(node, 'failed');
    }
    for (const id of carried.skipped) this.move(this.node(id), 'skipped');
    for (const [id, timer] of Object.entries(carried.waiting)) {
      const node = this.node(id);
      node.timer = timer;
      this.move(node, 'waiting');
    }
  }

  private node(id: string): Node {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`the plan has no step "${id}"`);
    return node;
  }

  private move(node: Node, status: StepStatus): void {
    this.counts[node.status] -= 1;
    this.counts[status] += 1;
    node.status = status;
  }

  /** Takes the next ready step and marks it as running. */
  start(): PlanStep | undefined {
    const node = this.ready[this.next];
    if (node === undefined) return undefined;
    this.next += 1;
    this.move(node, 'running');
    return node.step;
  }

  wait(id: string, timer: StepTimer): void {
    const node = this.node(id);
    node.timer = timer;
    this.move(node, 'waiting');
  }

  /** The steps that wait for a timer, with it. */
  waiting(): { step: PlanStep; timer: StepTimer }[] {
    return [...this.nodes.values()].flatMap((node) =>
      node.status === 'waiting' && node.timer !== undefined ? [{ step: node.step, timer: node.timer }] : [],
    );
  }

  complete(id: string): void {
    const node = this.node(id);
    this.move(node, 'completed');
    for (const dependant of node.dependants) {
      dependant.open -= 1;
      if (dependant.open === 0 && dependant.status === 'pending') this.ready.push(dependant);
    }
  }

  /** Marks the step as failed, and all that depend on it, directly or not, as skipped. */
  fail(id: string, why: string): void {
    const failed = this.node(id);
    failed.failure = why;
    this.move(failed, 'failed');
    for (const node of this.pendingAfter(id)) this.move(node, 'skipped');
  }

  /** Ends what has not come to an end of its own: the run is over. */
  stop(): void {
    for (const node of this.nodes.values()) {
      if (node.status === 'running') {
        node.failure = 'the run was stopped';
        this.move(node, 'failed');
      } else if (node.status === 'pending' || node.status === 'waiting') this.move(node, 'skipped');
    }
  }

  /** Ids of the steps still to run that depend on this one, directly or not. */
  dependants(id: string): string[] {
    return this.pendingAfter(id).map((node) => node.step.id);
  }

  private pendingAfter(id: string): Node[] {
    const found = new Set<Node>();
    const visit = [this.node(id)];
    for (let node = visit.pop(); node !== undefined; node = visit.pop())
      for (const dependant of node.dependants)
        if (dependant.status === 'pending' && !found.has(dependant)) {
          found.add(dependant);
          visit.push(dependant);
        }
    return [...found];
  }

  count(status: StepStatus): number {
    return this.counts[status];
  }

  /** Steps in the plan's order with their status, and what there is to say about it. */
  steps(): { step: PlanStep; status: StepStatus; note: string | undefined }[] {
    return [...this.nodes.values()].map(({ step, status, timer, failure }) => ({
      step,
      status,
      note: status === 'failed' ? failure : status === 'waiting' ? `until ${timer?.until ?? ''}` : undefined,
    }));
  }

  /** Completed steps that nothing builds on: their output is the run's result. */
  resultSteps(): string[] {
    return [...this.nodes.values()]
      .filter((node) => node.status === 'completed' && node.dependants.length === 0)
      .map((node) => node.step.id);
  }

  private idsOf(status: StepStatus): string[] {
    return [...this.nodes.values()].filter((n) => n.status === status).map((n) => n.step.id);
  }

  snapshot(): RunSnapshot {
    return {
      total: this.nodes.size,
      completed: this.counts.completed,
      failed: this.counts.failed,
      skipped: this.counts.skipped,
      running: this.idsOf('running'),
      waiting: this.idsOf('waiting'),
    };
  }

  /** For the successor execution; meant for a state in which no step is running. */
  carry(): CarriedSteps {
    return {
      completed: this.idsOf('completed'),
      failed: Object.fromEntries(
        [...this.nodes.values()]
          .filter((node) => node.status === 'failed')
          .map((node) => [node.step.id, node.failure ?? '']),
      ),
      skipped: this.idsOf('skipped'),
      waiting: Object.fromEntries(this.waiting().map(({ step, timer }) => [step.id, timer])),
    };
  }
}
