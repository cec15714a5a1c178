/** Supervision by the plan's own word: each step says by onFailure what its failure means. */
import type { StepToJudge, Supervisor } from '../ports/supervisor.js';

export function byOnFailure({
  step,
  error,
  dependants,
}: StepToJudge): NonNullable<ReturnType<Supervisor['rule']>> {
  if (error === null) return { decision: 'continue', reason: `the step "${step.id}" completed` };
  const failed = `the step "${step.id}" failed (${error.code}) and its onFailure is`;
  if (step.onFailure !== 'continue') return { decision: 'stop', reason: `${failed} stop` };
  const skipped = dependants.length === 0 ? '' : `; skipped for want of its output: ${dependants.join(', ')}`;
  return { decision: 'continue', reason: `${failed} continue${skipped}` };
}
