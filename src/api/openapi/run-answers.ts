/** What calls about a run have in common: its links, its key, and how they answer. */
import { examples } from './examples.js';
import type { Json } from './json.js';
import { header, json, ref } from './operation.js';

const ofRun = (operationId: string, description: string): Json => ({
  operationId,
  description,
  parameters: { id: '$response.body#/id' },
});

/** What can be done next with the run in the answer. */
export const runLinks: Json = {
  run: ofRun('getRun', 'The run as it is now.'),
  why: ofRun('whyRun', 'Why it moves or does not.'),
  events: ofRun('streamEvents', 'What happened, and what happens.'),
  plan: ofRun('getPlan', 'Its plan.'),
  cancel: ofRun('cancelRun', 'Stops it.'),
  message: ofRun('sendMessage', 'Tells it something.'),
  retry: ofRun('retryRun', 'Does again what failed.'),
  pause: ofRun('pauseRun', 'Lets it begin nothing more.'),
  resume: ofRun('resumeRun', 'Lets it go on.'),
  files: ofRun('listFiles', 'Its workspace.'),
};

export const idempotencyKey = header(
  'Idempotency-Key',
  'Makes a repeat safe: the same key and body give the same run, the same key with another body 422.',
  ref('IdempotencyKey'),
);

/** After a call that asks the run for something. */
export const changed = {
  description: 'The run as it is now.',
  content: json(ref('Run'), examples.queued),
  links: runLinks,
};
