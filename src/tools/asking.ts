/**
 * The tools `ask_human` and `wait_for_event`. Their steps are asked about before they run, as approvals are; the answer
 * comes as an argument, and the tool only hands it on.
 */
import { z } from 'zod';
import { answerSchemaProblem } from '../../contracts/answer-schema.js';
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

export const askHumanTool = defineTool({
  name: 'ask_human',
  description:
    'Asks a person and waits for the answer. question is what is asked, schema a JSON schema that the answer fits (without pattern and $ref); ' +
    `answer is filled in and not given. ${timing} Output: {answer, timedOut}.`,
  args: z.strictObject({
    question: z.string().trim().min(1).max(10_000),
    schema,
    default: z.json().optional(),
    answer: z.json().optional(),
  }),
  effect: 'read',
  timeoutSeconds: 10,
  quick: true,
  execute: ({ answer, default: otherwise = null }) =>
    Promise.resolve({
      output: { answer: answer === undefined ? otherwise : answer, timedOut: answer === undefined },
    }),
});

export const waitForEventTool = defineTool({
  name: 'wait_for_event',
  description:
    'Waits until a program outside calls back. name says what is waited for, schema is a JSON schema that the event ' +
    `fits (without pattern and $ref); answer is filled in and not given. The address to call is had with GET /v1/runs/{id}/callbacks. ${timing} ` +
    'Output: {event, timedOut}.',
  args: z.strictObject({
    name: z.string().trim().min(1).max(200),
    schema,
    default: z.json().optional(),
    answer: z.json().optional(),
  }),
  effect: 'read',
  timeoutSeconds: 10,
  quick: true,
  execute: ({ answer, default: otherwise = null }) =>
    Promise.resolve({
      output: { event: answer === undefined ? otherwise : answer, timedOut: answer === undefined },
    }),
});
