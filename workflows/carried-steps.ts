/** Where steps are, as one execution of a run's workflow hands it to the next: by their position in the plan. */
import type { CarriedSteps } from '../contracts/messages.js';
import type { StepNode, StepStatus } from './step-node.js';

/** Of one that is pending, and is to be gone on with. */
const BEGUN = 'b';
/** A step under way is carried as one to run: no execution ends before its steps have. */
const letters: Record<StepStatus, string> = {
  completed: 'c',
  failed: 'f',
  skipped: 's',
  waiting: 'w',
  reviewing: 'r',
  running: '.',
  pending: '.',
  asking: '.',
  uncertain: BEGUN,
};
/** Failures that are carried with their words, which are for the eye only. */
const CARRIED_FAILURES = 100;

export function writtenSteps(nodes: readonly StepNode[]): CarriedSteps {
  const carried: CarriedSteps = { statuses: '', timers: [], failures: [] };
  const changed: NonNullable<CarriedSteps['changed']> = [];
  nodes.forEach(({ status, begun, version, timer, failure }, i) => {
    carried.statuses += status === 'pending' && begun ? BEGUN : letters[status];
    if (version > 1) changed.push([i, version]);
    if (status === 'waiting' && timer !== undefined)
      carried.timers.push([i, timer.attempt, Date.parse(timer.startedAt), Date.parse(timer.until)]);
    if (failure !== undefined && carried.failures.length < CARRIED_FAILURES)
      carried.failures.push([i, failure]);
  });
  return changed.length === 0 ? carried : { ...carried, changed };
}

/** @param move is told of each step that is not to begin anew */
export function readSteps(
  carried: CarriedSteps,
  nodes: readonly StepNode[],
  move: (node: StepNode, status: StepStatus) => void,
): void {
  const statuses: StepStatus[] = ['completed', 'failed', 'skipped', 'waiting', 'reviewing'];
  nodes.forEach((node, i) => {
    const letter = carried.statuses[i];
    const status = statuses.find((s) => letters[s] === letter);
    node.begun = letter === BEGUN;
    if (status !== undefined) move(node, status);
  });
  for (const [position, attempt, startedAt, until] of carried.timers) {
    const node = nodes[position];
    if (node === undefined) continue;
    node.timer = {
      attempt,
      startedAt: new Date(startedAt).toISOString(),
      until: new Date(until).toISOString(),
    };
  }
  for (const [position, why] of carried.failures) {
    const node = nodes[position];
    if (node !== undefined) node.failure = why;
  }
  for (const [position, version] of carried.changed ?? []) {
    const node = nodes[position];
    if (node !== undefined) node.version = version;
  }
}
