/** Runs, their plans, files and schedules, and how they end. */
import { entry, type ErrorEntry } from './entry.js';

export const runErrors = {
  invalid_plan: entry(
    422,
    false,
    'The plan cannot run',
    'Each entry of errors names the step and the field at fault.',
  ),
  unknown_agent: entry(
    422,
    false,
    'There is no such agent',
    'Leave agent out, or name one of GET /v1/agents.',
  ),
  run_not_found: entry(404, false, 'There is no such run', 'Check the id.'),
  plan_not_made: entry(
    404,
    true,
    'The run has no plan yet',
    'Follow its events: plan.created brings the plan.',
  ),
  events_expired: entry(
    410,
    false,
    'The events of this run are no longer kept',
    'GET /v1/runs/{id} still has the run itself, with its result.',
  ),
  file_not_found: entry(404, false, 'There is no such file', 'List the files with GET /v1/runs/{id}/files.'),
  run_closed: entry(409, false, 'The run has ended', 'A closed run cannot be changed; submit a new one.'),
  run_open: entry(409, true, 'The run has not ended', 'Wait for its end, or cancel it first.'),
  nothing_to_retry: entry(
    409,
    false,
    'The run has completed',
    'There is nothing to do again; fork it from one of its steps to have it done otherwise.',
  ),
  irreversible_repeat: entry(
    409,
    false,
    'Something that cannot be undone might be done twice',
    'Find out whether it was done; then name the steps that may be done again in repeat.',
  ),
  plan_not_changeable: entry(
    409,
    false,
    'The plan cannot be changed so',
    'Steps that have begun or are over stay as they are, and nothing can wait for what has no output; the detail says which.',
  ),
  message_limit_reached: entry(
    409,
    false,
    'The run takes no more messages',
    'Cancel it, and submit another one with all that was said.',
  ),
  schedule_not_found: entry(404, false, 'There is no such schedule', 'List them with GET /v1/schedules.'),
  schedule_limit_reached: entry(
    429,
    false,
    'There are as many schedules as there may be',
    'Delete those that are not needed.',
  ),
  budget_exhausted: entry(
    409,
    false,
    'The budget is used up',
    'Let it go on with larger limits: POST /v1/runs/{id}/resume with budget. A run that has failed of it is submitted anew.',
  ),
  reference_unresolved: entry(
    422,
    false,
    'A reference points at nothing',
    'Check the path inside {{...}} against the earlier step’s output.',
  ),
  result_invalid: entry(
    422,
    false,
    'The result does not fit what its agent promises',
    'The detail says where it differs from the agent’s output schema; each step’s own output is in its event.',
  ),
  step_failed: entry(
    500,
    false,
    'A step failed',
    'See the step.failed event; the run stopped because the step’s onFailure is stop.',
  ),
  step_closed: entry(
    409,
    true,
    'The step has ended already',
    'Nothing: its end is in the log, and the run goes on with it.',
  ),
  workflow_gone: entry(
    500,
    false,
    'The run’s workflow is gone',
    'It was terminated, timed out or deleted in Temporal behind perdure’s back; submit the run again.',
  ),
  cancelled: entry(409, false, 'The run was cancelled', 'Submit a new run.'),
} as const satisfies Record<string, ErrorEntry>;
