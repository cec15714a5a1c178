/** Runs of a storm: chains and forks of quick steps, activities, timers, and acts that must not be done twice. */
import type { SubmitRun } from '../../../src/client/client.js';
import { between, oneOf, type Random } from './random.js';

type Step = NonNullable<SubmitRun['plan']>['steps'][number];

/** Every run has these, so that each kind of work is hit. */
const KINDS = ['echo', 'act_once', 'act_again', 'files', 'wait', 'javascript'] as const;

export function stormRun(random: Random, name: string): SubmitRun {
  const steps: Step[] = [];
  const kinds = [...KINDS, ...Array.from({ length: between(random, 0, 3) }, () => oneOf(random, KINDS))];
  for (const [i, kind] of kinds.entries()) {
    const before = steps.filter(() => random() < 0.5).map(({ id }) => id);
    steps.push({
      id: `${kind}-${i}`,
      ...call(random, kind, `${name}/${kind}-${i}`),
      dependsOn: before,
      // What an outage makes uncertain must not end the run: it would hide what comes after.
      onFailure: 'continue',
    });
  }
  return { goal: `storm ${name}`, plan: { steps }, metadata: { storm: name } };
}

function call(random: Random, kind: (typeof KINDS)[number], key: string): Pick<Step, 'tool' | 'args'> {
  switch (kind) {
    case 'echo':
      return { tool: 'echo', args: { text: key } };
    case 'files':
      return { tool: 'file_write', args: { path: `${key.replace('/', '-')}.txt`, content: key } };
    case 'wait':
      return { tool: 'wait', args: { seconds: between(random, 1, 20) / 10 } };
    case 'javascript':
      return { tool: 'javascript', args: { code: 'return 1 + 1' } };
    default:
      return {
        tool: kind,
        args: { key, beforeMs: between(random, 0, 300), afterMs: between(random, 0, 300) },
      };
  }
}
