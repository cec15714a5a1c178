/** Language models, and the agents that ask them. */
import { entry, type ErrorEntry } from './entry.js';

export const modelErrors = {
  model_not_configured: entry(
    422,
    false,
    'A goal without a plan needs a model',
    'Send a plan in the request, or have the operator set PERDURE_MODEL.',
  ),
  model_unauthorized: entry(
    500,
    false,
    'The provider of the model does not let perdure in',
    'Have the operator look at the key of the provider that the detail names.',
  ),
  model_refused: entry(
    422,
    false,
    'The model will not answer this request',
    'The detail has the provider’s words: an unknown model, a request it cannot take, or content it refuses.',
  ),
  model_quota_exhausted: entry(
    429,
    false,
    'The account with the provider of the model is used up',
    'Have the operator top it up, or name another model.',
  ),
  model_context_exceeded: entry(
    422,
    false,
    'This is more than the model can read at once',
    'Give it less: a shorter goal, fewer or smaller tool results; or a model with a larger context.',
  ),
  model_rate_limited: entry(
    429,
    true,
    'The provider of the model wants fewer requests',
    'It is tried again by itself, when the provider said.',
  ),
  model_unavailable: entry(
    503,
    true,
    'The model did not answer, or not to the end',
    'It is tried again by itself; name fallback models to have others asked at once.',
  ),
  model_timeout: entry(
    504,
    true,
    'The model took longer than it may',
    'It is tried again by itself; the operator can raise PERDURE_MODEL_SECONDS.',
  ),
  model_limit_exceeded: entry(
    422,
    false,
    'The model’s answer went over a limit',
    'Ask it for less; the detail names the limit.',
  ),
  model_output_invalid: entry(
    422,
    false,
    'The model’s answer cannot be used, even after it was told why',
    'Say the goal more clearly, or name a more capable model; the detail says what was wrong.',
  ),
  model_script_exhausted: entry(
    500,
    false,
    'The scripted model has no such answer',
    'The detail names the conversation and the turn: add the answer to the script, or record it anew.',
  ),
  agent_no_end: entry(
    422,
    false,
    'The agent did not come to an end',
    'The detail says whether it ran out of turns or went in circles: say the task more clearly, or raise maxTurns.',
  ),
  supervisor_no_end: entry(
    422,
    false,
    'The supervisor comes to no end',
    'The detail says whether it went in circles or reached a limit of its agent: say the goal more clearly, or raise the limits in supervision.',
  ),
} as const satisfies Record<string, ErrorEntry>;
