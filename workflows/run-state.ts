/** Which steps of a plan are over, under way, waiting or ready. Pure; every change costs its edges only. */
import { dependenciesOf } from '../contracts/check-plan.js';
import { stepApproval, type CarriedSteps, type RunSnapshot, type StepTimer } from '../contracts/messages.js';
import { changedPlan, changeProblem, type PlanChange } from '../contracts/plan-change.js';
import type { Plan, PlanStep } from '../contracts/plan.js';
import { readSteps, writtenSteps } from './carried-steps.js';
import { Deadlines } from './deadlines.js';
import { ReadySteps } from './ready-steps.js';
import type { StepNode, StepStatus } from './step-node.js';

const noSteps = (): Record<StepStatus, number> => ({
  ...{ pending: 0, asking: 0, running: 0, uncertain: 0, waiting: 0 },
  ...{ reviewing: 0, completed: 0, failed: 0, skipped: 0 },
});

export class RunState {
  private current: Plan;
  private nodes: StepNode[];
  private byId = new Map<string, StepNode>();
  private readonly counts: Record<StepStatus, number> = noSteps();
  private readonly ready = new ReadySteps();
  private readonly deadlines = new Deadlines();
  private finishing: boolean;

  constructor(
    plan: Plan,
    private readonly isQuick: (step: PlanStep) => boolean,
    carried?: CarriedSteps,
    private planVersion = 1,
    isFinishing = false,
  ) {
    this.current = plan;
    this.finishing = isFinishing;
    this.nodes = plan.steps.map((step) => this.nodeOf(step, 1));
    this.link();
    if (carried !== undefined) this.restore(carried);
    this.ready.add(this.nodes);
  }

  private nodeOf(step: PlanStep, version: number): StepNode {
    this.counts.pending += 1;
    return {
      ...{ step, version, status: 'pending', begun: false, open: 0, dependants: [] },
      quick: this.isQuick(step),
    };
  }

  /** Knows each step by its id, and what waits for it. */
  private link(): void {
    this.byId = new Map(this.nodes.map((node) => [node.step.id, node]));
    for (const node of this.nodes) {
      node.dependants = [];
      node.open = 0;
    }
    for (const node of this.nodes)
      for (const id of dependenciesOf(node.step)) {
        // What is over may have waited for a step that is not there any more.
        const dependency = this.byId.get(id);
        dependency?.dependants.push(node);
        if (dependency?.status !== 'completed') node.open += 1;
      }
  }

  private restore(carried: CarriedSteps): void {
    readSteps(carried, this.nodes, (node, status) => {
      this.move(node, status);
      if (status === 'completed') for (const dependant of node.dependants) dependant.open -= 1;
    });
    for (const { status, timer, step } of this.nodes)
      if (status === 'waiting' && timer !== undefined)
        this.deadlines.add({ at: Date.parse(timer.until), stepId: step.id });
  }

  /** As it is now. */
  get plan(): Plan {
    return this.current;
  }

  /** Counts from 1. */
  get version(): number {
    return this.planVersion;
  }

  /** Whether nothing more is to be begun. */
  get isFinishing(): boolean {
    return this.finishing;
  }

  has(id: string): boolean {
    return this.byId.has(id);
  }

  step(id: string): PlanStep {
    return this.node(id).step;
  }

  /** The approval of the step as it is now. */
  approvalOf(id: string): string {
    return stepApproval(id, this.node(id).version);
  }

  /** Why the change cannot be made. @param failed a step that runs by the state, and will be known to have failed */
  problemOf(change: PlanChange, failed?: string): string | undefined {
    return changeProblem(this.current, change, (id) => {
      const node = this.byId.get(id);
      if (node === undefined) return undefined;
      if (id === failed || node.status === 'failed' || node.status === 'skipped') return 'dead';
      return node.status === 'asking' || (node.status === 'pending' && !node.begun) ? 'open' : 'begun';
    });
  }

  /**
   * Makes a change of which there is nothing to say.
   * @returns approvals of steps that are not as they were when people were asked
   */
  revise(change: PlanChange): string[] {
    this.planVersion += 1;
    const named = new Set([...change.steps.map(({ id }) => id), ...change.remove]);
    const old = this.nodes.filter(({ step }) => named.has(step.id));
    for (const { status } of old) this.counts[status] -= 1;
    const kept = new Map(this.nodes.map((node) => [node.step.id, node]));
    for (const id of named) kept.delete(id);
    this.current = changedPlan(this.current, change);
    this.nodes = this.current.steps.map((step) => kept.get(step.id) ?? this.nodeOf(step, this.planVersion));
    this.link();
    this.ready.clear();
    this.ready.add(this.nodes);
    return old.map(({ step, version }) => stepApproval(step.id, version));
  }

  /** Begins nothing more. @returns approvals that nobody needs to decide on any more */
  finish(): string[] {
    this.finishing = true;
    const rest = this.nodes.filter(
      ({ status, begun }) => status === 'asking' || (status === 'pending' && !begun),
    );
    const asked = rest.filter(({ status }) => status === 'asking');
    for (const node of rest) this.move(node, 'skipped');
    this.ready.clear();
    this.ready.add(this.nodes);
    return asked.map(({ step, version }) => stepApproval(step.id, version));
  }

  private node(id: string): StepNode {
    const node = this.byId.get(id);
    if (node === undefined) throw new Error(`the plan has no step "${id}"`);
    return node;
  }

  private move(node: StepNode, status: StepStatus): void {
    this.counts[node.status] -= 1;
    this.counts[status] += 1;
    node.status = status;
  }

  /** Takes the next ready step that is not quick and marks it as running. */
  start(): PlanStep | undefined {
    const node = this.ready.takeSlow();
    if (node === undefined) return undefined;
    this.move(node, 'running');
    return node.step;
  }

  /**
   * Takes quick steps that can be carried out one after the other, and marks them as running: those that are
   * ready, and those that will be once the ones before them in the row have completed.
   */
  startRow(max: number): PlanStep[] {
    const row = this.ready.takeRow(max, (node) => {
      this.move(node, 'running');
    });
    return row.map((node) => node.step);
  }

  /** A step of a row that was not carried out is to run still. @param slow as an activity of its own */
  putBack(id: string, slow: boolean): void {
    const node = this.node(id);
    // A row hands back as slow what it has begun; what was only asked about is not.
    node.begun ||= slow && node.status !== 'asking';
    node.quick &&= !slow;
    this.move(node, this.finishing && !node.begun ? 'skipped' : 'pending');
    this.ready.add([node]);
  }

  /** The step, taken to be started, waits for a person's word first; approved, it is put back. */
  ask(id: string): void {
    this.move(this.node(id), 'asking');
  }

  /** Whether the running step's tool has acted is not known: a person says it. */
  doubt(id: string): void {
    this.move(this.node(id), 'uncertain');
  }

  /** A person has said what the uncertain step's call did: it goes on. */
  goOn(id: string): void {
    this.move(this.node(id), 'running');
  }

  /** The step has ended, and a person is asked what that means. */
  review(id: string): void {
    this.move(this.node(id), 'reviewing');
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
      this.ready.add([dependant]);
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
    const open: readonly StepStatus[] = ['running', 'waiting', 'uncertain', 'reviewing'];
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

  private pendingAfter(id: string): StepNode[] {
    const found = new Set<StepNode>();
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
    return this.ready.hasQuick;
  }

  count(status: StepStatus): number {
    return this.counts[status];
  }

  /** Steps that were begun, also those that have ended. */
  get begun(): number {
    const { running, uncertain, waiting, reviewing, completed, failed } = this.counts;
    return running + uncertain + waiting + reviewing + completed + failed;
  }

  /** Whether a step could be begun. */
  get hasReady(): boolean {
    return this.ready.hasAny;
  }

  /** Whether there is anything that does not run yet. */
  get isToBegin(): boolean {
    const { pending, asking, waiting } = this.counts;
    return pending + asking + waiting > 0;
  }

  /** Whether anything is still to come to its end. */
  get isOpen(): boolean {
    const { pending, asking, running, uncertain, waiting, reviewing } = this.counts;
    return pending + asking + running + uncertain + waiting + reviewing > 0;
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
    const { pending, asking, uncertain, waiting, reviewing } = this.counts;
    return pending + asking + uncertain + waiting + reviewing === 0 && this.counts.running === running;
  }

  /** Completed steps that nothing builds on: their output is the run's result. @param andRunning as if those had completed */
  resultSteps(andRunning = false): string[] {
    const isDone = ({ status }: StepNode): boolean =>
      status === 'completed' || (andRunning && status === 'running');
    // Where the supervisor has cut it short, what was to build on a step may never have begun.
    const isBuiltOn = ({ dependants }: StepNode): boolean =>
      this.finishing ? dependants.some(isDone) : dependants.length > 0;
    return this.nodes.filter((node) => isDone(node) && !isBuiltOn(node)).map((node) => node.step.id);
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
    return writtenSteps(this.nodes);
  }
}
