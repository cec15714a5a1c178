/** Supervision by the plan's own word: each step says by onFailure what its failure means. */
import type { Supervisor } from '../ports/supervisor.js';

export const ruleSupervisor: Supervisor = {
  decide({ step, error, dependants }) {
    if (error === null)
      return Promise.resolve({ decision: 'continue', reason: `the step "${step.id}" completed` });
    if (step.onFailure !== 'continue')
      return Promise.resolve({
        decision: 'stop',
        reason: `the step "${step.id}" failed (${error.code}) and its onFailure is stop`,
      });
    const skipped =
      dependants.length === 0 ? '' : `; skipped for want of its output: ${dependants.join(', ')}`;
    return Promise.resolve({
      decision: 'continue',
      reason: `the step "${step.id}" failed (${error.code}) and its onFailure is continue${skipped}`,
    });
  },
};
