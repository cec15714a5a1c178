/** The tool `wait`: completes its step at a later time by a durable timer that outlives every process. */
import { z } from 'zod';
import { defineTool } from './tool.js';

const YEAR_SECONDS = 31_536_000;

const args = z
  .strictObject({
    seconds: z.number().min(0).max(YEAR_SECONDS).optional(),
    until: z.iso
      .datetime({ offset: true, error: 'must be an ISO 8601 date and time with offset' })
      .optional(),
  })
  .superRefine(({ seconds, until }, refinement) => {
    const refuse = (message: string, path: string[] = []): void => {
      refinement.addIssue({ code: 'custom', message, path });
    };
    if ((seconds === undefined) === (until === undefined)) refuse('needs exactly one of seconds and until');
    // Checked when the plan comes in and again when the step runs; time only brings the moment nearer.
    if (until !== undefined && Date.parse(until) > Date.now() + YEAR_SECONDS * 1000)
      refuse('must be at most one year ahead', ['until']);
  });

export const waitTool = defineTool({
  name: 'wait',
  description:
    'Waits durably, for a number of seconds (up to a year) or until a moment (ISO 8601 with offset). ' +
    'A moment in the past does not wait. Give exactly one of seconds and until. Output: {until}.',
  args,
  effect: 'read',
  timeoutSeconds: 10,
  quick: true,
  execute: ({ seconds, until }, context) => {
    context.signal.throwIfAborted();
    return Promise.resolve(
      until === undefined ? { deferSeconds: seconds ?? 0 } : { deferUntil: new Date(until) },
    );
  },
});
