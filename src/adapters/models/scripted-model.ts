/**
 * A model that gives the answers of a script and throws when there are none left: agents tried offline, without cost.
 *
 * Which answer comes is decided by the conversation alone, as the number of answers that it already holds: so runs may
 * be side by side, and processes may be killed and started again.
 */
import { PerdureError } from '../../../contracts/errors.js';
import type { Model, ModelAnswer, ModelRequest } from '../../ports/model.js';
import type { Script, ScriptedAnswer } from './script.js';

/** Characters of each piece in which a text comes. */
const PIECE = 16;

export function createScriptedModel(script: Script, name = 'scripted:script'): Model {
  /** How often each error was met. */
  const met = new Map<ScriptedAnswer, number>();
  return {
    name,
    async answer(request) {
      request.signal.throwIfAborted();
      const answer = next(script, request, met, name);
      if ('error' in answer)
        throw new PerdureError(
          answer.error,
          `${name}: as the script has it`,
          answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds },
        );
      return Promise.resolve(speak(answer, request, name));
    },
  };
}

function next(
  script: Script,
  { instructions, messages }: ModelRequest,
  met: Map<ScriptedAnswer, number>,
  name: string,
): ScriptedAnswer {
  const first = messages[0]?.role === 'user' ? messages[0].text : '';
  const found = script.conversations.find(({ when }) => first.includes(when) || instructions.includes(when));
  if (found === undefined)
    throw new PerdureError(
      'model_script_exhausted',
      `${name} has no conversation that begins with: ${first.slice(0, 200)}`,
    );
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  let position = 0;
  for (const answer of found.answers) {
    if ('error' in answer) {
      const times = met.get(answer) ?? 0;
      if (position !== turn || times >= answer.times) continue;
      met.set(answer, times + 1);
      return answer;
    }
    if (position === turn) return answer;
    position += 1;
  }
  throw new PerdureError(
    'model_script_exhausted',
    `${name} has ${position} answers for ${JSON.stringify(found.when.slice(0, 100))} and was asked for one more`,
  );
}

function speak(
  answer: Exclude<ScriptedAnswer, { error: unknown }>,
  { instructions, messages, onText }: ModelRequest,
  name: string,
): ModelAnswer {
  const text = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  for (let i = 0; i < text.length; i += PIECE) onText?.(text.slice(i, i + PIECE));
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const calls = (answer.calls ?? []).map(({ tool, args }, i) => ({
    id: `call_${turn + 1}_${i + 1}`,
    tool,
    args,
  }));
  return {
    text,
    calls,
    isCut: false,
    usage: {
      model: name,
      // About what a tokenizer makes of English, where the script does not say.
      inputTokens:
        answer.inputTokens ?? Math.ceil((instructions.length + JSON.stringify(messages).length) / 4),
      outputTokens: answer.outputTokens ?? Math.ceil((text.length + JSON.stringify(calls).length) / 4),
      costUsd: 0,
      durationMs: 0,
    },
  };
}
