/**
 * The tools `ask_human` and `wait_for_event`. Their steps are asked about before they run, as approvals are; the answer
 * comes as an argument, and the tool only hands it on.
 */
import { z } from 'zod';
import { answerProblems, answerSchemaProblem } from '../../contracts/answer-schema.js';
import type { JsonValue } from '../../contracts/plan.js';
import { findReferences } from '../../contracts/references.js';
import { defineTool } from './tool.js';

const schema = z
  .record(z.string(), z.json())
  .superRefine((given, refinement) => {
    const message = answerSchemaProblem(given);
    if (message !== undefined) refinement.addIssue({ code: 'custom', message });
  })
  .optional();
const timing =
  'How long that may take stands in the step: approval: {timeoutSeconds, onTimeout, remindEverySeconds}. With ' +
  'onTimeout "approve" the run goes on with default; with "deny" (unless told), or when somebody denies it, the step ' +
  'fails. A step of a plan only.';

const answered = {
  schema,
  default: z.json().optional(),
  answer: z.json().optional(),
};
/** A step whose time is over must not go on with what its schema refuses. References are looked at when they are resolved. */
function checkDefault(
  given: { schema?: Record<string, JsonValue> | undefined; default?: JsonValue | undefined },
  refinement: z.RefinementCtx,
): void {
  if (given.schema === undefined || given.default === undefined) return;
  if (findReferences(given.schema).length > 0 || answerSchemaProblem(given.schema) !== undefined) return;
  for (const { path, message } of answerProblems(given.schema, given.default))
    refinement.addIssue({ code: 'custom', path: ['default', ...path], message });
}

/** Answered from what the step was given: nothing is done. */
const asked = { effect: 'read', timeoutSeconds: 10, quick: true } as const;

/** The answer as it came, or what goes in its place when the time was over. */
function answerOf({
  answer,
  default: otherwise = null,
}: {
  answer?: JsonValue | undefined;
  default?: JsonValue | undefined;
}): {
  value: JsonValue;
  timedOut: boolean;
} {
  return answer === undefined ? { value: otherwise, timedOut: true } : { value: answer, timedOut: false };
}

export const askHumanTool = defineTool({
  name: 'ask_human',
  description:
    'Asks a person and waits for the answer. question is what is asked, schema a JSON schema that the answer fits (without pattern and $ref); ' +
    `answer is filled in and not given. ${timing} Output: {answer, timedOut}.`,
  args: z
    .strictObject({
      question: z.string().trim().min(1).max(10_000),
      ...answered,
    })
    .superRefine(checkDefault),
  ...asked,
  execute(args) {
    const { value, timedOut } = answerOf(args);
    return Promise.resolve({ output: { answer: value, timedOut } });
  },
});

export const waitForEventTool = defineTool({
  name: 'wait_for_event',
  description:
    'Waits until a program outside calls back. name says what is waited for, schema is a JSON schema that the event ' +
    `fits (without pattern and $ref); answer is filled in and not given. The address to call is had with GET /v1/runs/{id}/callbacks. ${timing} ` +
    'Output: {event, timedOut}.',
  args: z
    .strictObject({
      name: z.string().trim().min(1).max(200),
      ...answered,
    })
    .superRefine(checkDefault),
  ...asked,
  execute(args) {
    const { value, timedOut } = answerOf(args);
    return Promise.resolve({ output: { event: value, timedOut } });
  },
});
