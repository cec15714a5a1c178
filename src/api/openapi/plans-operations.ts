/** The plan of a run: shown and changed. */
import { examples } from './examples.js';
import { header, ifNoneMatch, json, notChanged, ref, type Operations } from './operation.js';

export const plansOperations: Operations<'getPlan' | 'changePlan'> = {
  getPlan: {
    tag: 'Runs',
    summary: 'The plan of a run',
    parameters: [ifNoneMatch],
    answers: {
      200: { description: 'The plan.', content: json(ref('Plan'), examples.plan), headers: ['ETag'] },
      304: notChanged,
    },
    errors: ['plan_not_made'],
  },
  changePlan: {
    tag: 'Runs',
    summary: 'Change the plan of a run',
    description:
      'While the run goes on, or before it begins: steps that have not begun are changed, taken out or added; those that have begun or are over stay as they are. `plan.updated` follows. Where the plan needs a person’s word, each version of it does; so does a step that is changed while it waits for one.',
    parameters: [
      {
        ...header(
          'If-Match',
          'The ETag of the plan that is changed (or `*`): 412 when somebody has changed it meanwhile, 428 without one.',
          { type: 'string' },
        ),
        required: true,
      },
    ],
    body: {
      schema: ref('ChangePlan'),
      required: true,
      examples: {
        words: {
          value: {
            steps: [{ id: 'count', tool: 'javascript', args: { code: 'return 6' } }],
            remove: ['draw'],
          },
        },
      },
    },
    answers: {
      200: {
        description: 'The plan as it is now.',
        content: json(ref('Plan'), examples.plan),
        headers: ['ETag'],
      },
    },
    errors: [
      'invalid_plan',
      'unknown_agent',
      'precondition_failed',
      'precondition_required',
      'plan_not_changeable',
      'plan_not_made',
      'run_closed',
      'decision_pending',
      'workspace_unavailable',
      'workspace_refused',
    ],
  },
};
