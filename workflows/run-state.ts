/** Which steps of a plan are over, under way, waiting or ready. Pure; every change costs its edges only. */
import { dependenciesOf } from '../contracts/check-plan.js';
import type { CarriedSteps, RunSnapshot, StepTimer } from '../contracts/messages.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { Deadlines } from './deadlines.js';
import { Queue } from './queue.js';

export type StepStatus =
  'pending' | 'asking' | 'running' | 'uncertain' | 'waiting' | 'completed' | 'failed' | 'skipped';

interface Node {
  step: PlanStep;
  status: StepStatus;
  /** Dependencies that are not completed yet. */
  open: number;
  /** Whether it may be carried out in a row with others. */
  quick: boolean;
  dependants: Node[];
  /** Once the tool has asked to wait. */
  timer?: StepTimer;
  /** Of a failed step, why in one line. */
  failure?: string;
}

/** A step under way is carried as one to run: no execution ends before its steps have. */
const letters: Record<StepStatus, string> = {
  completed: 'c',
  failed: 'f',
  skipped: 's',
  waiting: 'w',
  running: '.',
  pending: '.',
  asking: '.',
  uncertain: '.',
};
/** Failures that are carried with their words, which are for the eye only. */
const CARRIED_FAILURES = 100;

export class RunState {
  private readonly nodes: Node[];
  private readonly byId = new Map<string, Node>();
  private readonly counts: Record<StepStatus, number>;
  /** Ready nodes in the order in which they became so. */
  private readonly ready = { quick: new Queue<Node>(), slow: new Queue<Node>() };
  private readonly deadlines = new Deadlines();

  constructor(plan: Plan, isQuick: (step: PlanStep) => boolean, carried?: CarriedSteps) {
    this.nodes = plan.steps.map((step) => ({
      step,
      status: 'pending',
      open: 0,
      quick: isQuick(step),
      dependants: [],
    }));
    for (const node of this.nodes) this.byId.set(node.step.id, node);
    this.counts = {
      pending: this.nodes.length,
      asking: 0,
      uncertain: 0,
      running: 0,
      waiting: 0,
      completed: 0,
      failed: 0,
      skipped: 0,
    };
    for (const node of this.nodes)
      for (const id of dependenciesOf(node.step)) {
        this.node(id).dependants.push(node);
        node.open += 1;
      }
    if (carried !== undefined) this.restore(carried);
    for (const node of this.nodes) this.queueIfReady(node);
  }

  private restore(carried: CarriedSteps): void {
    const statuses: StepStatus[] = ['completed', 'failed', 'skipped', 'waiting'];
    this.nodes.forEach((node, i) => {
      const status = statuses.find((s) => letters[s] === carried.statuses[i]);
      if (status !== undefined) this.move(node, status);
      if (status === 'completed') for (const dependant of node.dependants) dependant.open -= 1;
    });
    for (const [position, attempt, startedAt, until] of carried.timers) {
      const node = this.nodes[position];
      if (node === undefined) continue;
      node.timer = {
        attempt,
        startedAt: new Date(startedAt).toISOString(),
        until: new Date(until).toISOString(),
      };
      this.deadlines.add({ at: until, stepId: node.step.id });
    }
    for (const [position, why] of carried.failures) {
      const node = this.nodes[position];
      if (node !== undefined) node.failure = why;
    }
  }

  private node(id: string): Node {
    const node = this.byId.get(id);
    if (node === undefined) throw new Error(`the plan has no step "${id}"`);
    return node;
  }

  private move(node: Node, status: StepStatus): void {
    this.counts[node.status] -= 1;
    this.counts[status] += 1;
    node.status = status;
  }

  private queueIfReady(node: Node): void {
    if (node.status === 'pending' && node.open === 0) this.ready[node.quick ? 'quick' : 'slow'].add(node);
  }

  /** Takes the next ready step that is not quick and marks it as running. */
  start(): PlanStep | undefined {
    const node = this.ready.slow.take();
    if (node === undefined) return undefined;
    this.move(node, 'running');
    return node.step;
  }

  /**
   * Takes quick steps that can be carried out one after the other, and marks them as running: those that are
   * ready, and those that will be once the ones before them in the row have completed.
   */
  startRow(max: number): PlanStep[] {
    const row: Node[] = [];
    const met = new Map<Node, number>();
    const take = (node: Node): void => {
      this.move(node, 'running');
      row.push(node);
    };
    const fill = (): boolean => {
      const node = row.length < max ? this.ready.quick.take() : undefined;
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
    return row.map((node) => node.step);
  }

  /** A step of a row that was not carried out is to run still. @param slow as an activity of its own */
  putBack(id: string, slow: boolean): void {
    const node = this.node(id);
    node.quick &&= !slow;
    this.move(node, 'pending');
    this.queueIfReady(node);
  }

  /** The step, taken to be started, waits for a person's word first; approved, it is put back. */
  ask(id: string): void {
    this.move(this.node(id), 'asking');
  }

  /** Whether the running step's tool has acted is not known: a person says it. */
  doubt(id: string): void {
    this.move(this.node(id), 'uncertain');
  }

  /** The running step waits until its timer's time. */
  wait(id: string, timer: StepTimer): void {
    const node = this.node(id);
    node.timer = timer;
    this.move(node, 'waiting');
    this.deadlines.add({ at: Date.parse(timer.until), stepId: id });
  }

  /** The waiting step whose time comes first. */
  nextWait(): { step: PlanStep; at: number } | undefined {
    const earliest = this.deadlines.earliest();
    return earliest && { step: this.node(earliest.stepId).step, at: earliest.at };
  }

  /** Takes a step whose wait is over and marks it as running again. */
  resume(now: number): { step: PlanStep; timer: StepTimer } | undefined {
    const due = this.deadlines.takeDue(now);
    if (due === undefined) return undefined;
    const node = this.node(due.stepId);
    if (node.timer === undefined) throw new Error(`the step "${due.stepId}" has no timer`);
    this.move(node, 'running');
    return { step: node.step, timer: node.timer };
  }

  complete(id: string): void {
    const node = this.node(id);
    this.move(node, 'completed');
    for (const dependant of node.dependants) {
      dependant.open -= 1;
      this.queueIfReady(dependant);
    }
  }

  /** Marks the step as failed, and all that depend on it, directly or not, as skipped. */
  fail(id: string, why: string): void {
    const failed = this.node(id);
    failed.failure = why;
    this.move(failed, 'failed');
    for (const node of this.pendingAfter(id)) this.move(node, 'skipped');
  }

  /**
   * Ends what has not come to an end of its own: the run is over.
   * @returns ids of the steps that had begun, and of those among them of which nobody knows whether they acted
   */
  stop(): { begun: string[]; uncertain: string[] } {
    const uncertain = this.idsOf('uncertain');
    const open: readonly StepStatus[] = ['running', 'waiting', 'uncertain'];
    const begun = this.nodes.filter(({ status }) => open.includes(status));
    for (const node of begun) {
      node.failure = 'stopped with the run';
      this.move(node, 'failed');
    }
    for (const node of this.nodes)
      if (node.status === 'pending' || node.status === 'asking') this.move(node, 'skipped');
    return { begun: begun.map((node) => node.step.id), uncertain };
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

  /** Steps of the plan. */
  get size(): number {
    return this.nodes.length;
  }

  /** Whether a quick step is ready. */
  get hasQuick(): boolean {
    return this.ready.quick.size > 0;
  }

  count(status: StepStatus): number {
    return this.counts[status];
  }

  /** Steps that were begun, also those that have ended. */
  get begun(): number {
    const { running, uncertain, waiting, completed, failed } = this.counts;
    return running + uncertain + waiting + completed + failed;
  }

  /** Whether a step could be begun. */
  get hasReady(): boolean {
    return this.ready.quick.size + this.ready.slow.size > 0;
  }

  /** Whether anything is still to come to its end. */
  get isOpen(): boolean {
    const { pending, asking, running, uncertain, waiting } = this.counts;
    return pending + asking + running + uncertain + waiting > 0;
  }

  /** Steps in the plan's order with their status, and what there is to say about it. */
  steps(): { step: PlanStep; status: StepStatus; note: string | undefined }[] {
    return this.nodes.map(({ step, status, timer, failure }) => ({
      step,
      status,
      note: status === 'failed' ? failure : status === 'waiting' ? `until ${timer?.until ?? ''}` : undefined,
    }));
  }

  /** Whether all is over once the `running` steps that run now, and no others, have completed. */
  endsWith(running: number): boolean {
    const { pending, asking, uncertain, waiting } = this.counts;
    return pending + asking + uncertain + waiting === 0 && this.counts.running === running;
  }

  /** Completed steps that nothing builds on: their output is the run's result. @param andRunning as if those had completed */
  resultSteps(andRunning = false): string[] {
    return this.nodes
      .filter(({ status }) => status === 'completed' || (andRunning && status === 'running'))
      .filter((node) => node.dependants.length === 0)
      .map((node) => node.step.id);
  }

  private idsOf(status: StepStatus): string[] {
    return this.nodes.filter((n) => n.status === status).map((n) => n.step.id);
  }

  snapshot(): RunSnapshot {
    return {
      total: this.nodes.length,
      completed: this.counts.completed,
      failed: this.counts.failed,
      skipped: this.counts.skipped,
      running: this.idsOf('running'),
      waiting: this.idsOf('waiting'),
    };
  }

  /** For the successor execution; meant for a state in which no step is running. */
  carry(): CarriedSteps {
    const carried: CarriedSteps = { statuses: '', timers: [], failures: [] };
    this.nodes.forEach(({ status, timer, failure }, i) => {
      carried.statuses += letters[status];
      if (status === 'waiting' && timer !== undefined)
        carried.timers.push([i, timer.attempt, Date.parse(timer.startedAt), Date.parse(timer.until)]);
      if (failure !== undefined && carried.failures.length < CARRIED_FAILURES)
        carried.failures.push([i, failure]);
    });
    return carried;
  }
}
