/** What an open run is told: to stop, to rest, to go on, and messages for its models. */
import { header, ref, type Operations } from './operation.js';
import { changed } from './run-answers.js';

export const runControlOperations: Operations<'cancelRun' | 'pauseRun' | 'resumeRun' | 'sendMessage'> = {
  cancelRun: {
    tag: 'Runs',
    summary: 'Cancel a run',
    description:
      'The cancel is on its way; `run.cancelled` follows, unless the run was just coming to its own end.',
    body: {
      schema: ref('CancelRun'),
      required: false,
      examples: { reason: { value: { reason: 'changed my mind' } } },
    },
    answers: {
      202: changed,
    },
    errors: ['run_closed'],
  },
  pauseRun: {
    tag: 'Runs',
    summary: 'Pause a run',
    description:
      'Steps under way come to their end, and none begins; `run.paused` follows. Paused again, it stays paused. A cancel goes through.',
    body: {
      schema: ref('PauseRun'),
      required: false,
      examples: { reason: { value: { reason: 'looking into it' } } },
    },
    answers: { 202: changed },
    errors: ['run_closed'],
  },
  resumeRun: {
    tag: 'Runs',
    summary: 'Let a paused run go on',
    description:
      '`run.resumed` follows. Without effect on a run that is not paused. `budget` puts limits in the place of those before, of any open run; one that was paused by its budget goes on with a larger one only.',
    body: {
      schema: ref('ResumeRun'),
      required: false,
      examples: { more: { value: { budget: { maxTokens: 400000 } } } },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'budget_exhausted'],
  },
  sendMessage: {
    tag: 'Runs',
    summary: 'Tell a run something',
    description:
      '`message.received` follows, and the models of the run (planner, supervisor, agents) read it with the next question that they are asked. A run without models only keeps it. At most 100 for one run.',
    parameters: [
      header(
        'Idempotency-Key',
        'Makes a repeat safe: the same key is the same message.',
        ref('IdempotencyKey'),
      ),
    ],
    body: {
      schema: ref('SendMessage'),
      required: true,
      examples: { words: { value: { text: 'Leave out the prices.' } } },
    },
    answers: { 202: changed },
    errors: ['run_closed', 'message_limit_reached', 'decision_pending'],
  },
};
