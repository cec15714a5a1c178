/** What must hold of a run whatever was killed meanwhile. */
import type { RunEvent } from '../../../contracts/events.js';
import { isTerminalEvent } from '../../../contracts/terminal.js';
import type { Run } from '../../../src/client/client.js';

export interface Ended {
  run: Run;
  events: readonly RunEvent[];
  /** Temporal's word on the workflow, in lower case. */
  workflow: string;
  /** By step, how often its tool acted on the outside. */
  acts: ReadonlyMap<string, number>;
}

/** @returns a sentence for each that does not hold */
export function violations({ run, events, workflow, acts }: Ended): string[] {
  const broken: string[] = [];
  const claim = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(`${run.id}: ${sentence}`);
  };
  const terminal = events.filter(({ type }) => isTerminalEvent(type));
  claim(terminal.length === 1, `${terminal.length} terminal events`);
  claim(isTerminalEvent(events.at(-1)?.type ?? ''), `the last event is ${events.at(-1)?.type ?? 'none'}`);
  claim(
    events.every(({ seq }, i) => seq === i + 1),
    `the log has a gap: ${events.map(({ seq }) => seq).join(',')}`,
  );
  claim(
    terminal[0]?.type === `run.${run.status}`,
    `the record says ${run.status}, the log ${terminal[0]?.type ?? 'nothing'}`,
  );
  const expected = { completed: 'completed', failed: 'failed', cancelled: 'canceled' } as Record<
    string,
    string
  >;
  claim(expected[run.status] === workflow, `the record says ${run.status}, the workflow ${workflow}`);
  /** Failed, or skipped for what they wait for: in the plan's order, in which each comes after what it needs. */
  const lost = new Set<string>();
  for (const step of run.plan?.steps ?? []) {
    const own = events.filter((e) => 'stepId' in e && e.stepId === step.id);
    const ends = own.filter(({ type }) => type === 'step.completed' || type === 'step.failed');
    const isSkipped = (step.dependsOn ?? []).some((id) => lost.has(id));
    if (isSkipped || ends[0]?.type === 'step.failed') lost.add(step.id);
    claim(
      ends.length === (isSkipped ? 0 : 1) || run.status !== 'completed',
      `${step.id} has ${ends.length} ends`,
    );
    const after = own.slice(own.findIndex((e) => e === ends[0]) + 1);
    claim(
      ends.length === 0 || after.every(({ type }) => type !== 'step.started'),
      `${step.id} was begun after its end`,
    );
    const times = acts.get(step.id) ?? 0;
    if (step.tool === 'act_once') claim(times <= 1, `${step.id} acted ${times} times`);
    if (step.tool === 'act_once' || step.tool === 'act_again')
      claim(ends[0]?.type !== 'step.completed' || times >= 1, `${step.id} completed and never acted`);
  }
  return broken;
}
