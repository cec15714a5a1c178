/** What a terminal shows of a plan. */
import { stripVTControlCharacters as plain } from 'node:util';
import { expect, test } from 'vitest';
import type { EphemeralEvent, RunEvent } from '../../../contracts/events.js';
import { linesOf } from './live-view.js';
import { PictureOfPlan } from './plan-picture.js';

const at = (seconds: number): string => new Date(seconds * 1_000).toISOString();
let seq = 0;
const event = (type: string, seconds: number, fields: object = {}): RunEvent | EphemeralEvent =>
  ({ type, seq: (seq += 1), runId: 'r', at: at(seconds), ...fields }) as RunEvent;
const planOf = (...ids: string[]) =>
  event('plan.created', 0, {
    version: 1,
    plan: { steps: ids.map((id) => ({ id, tool: 'echo', args: {}, title: `Do ${id}` })) },
  });
const error = { code: 'tool_unavailable', message: 'the host is away', retryable: true };

function shown(events: (RunEvent | EphemeralEvent)[], now: number, room = 20, columns = 60): string[] {
  const picture = new PictureOfPlan();
  for (const each of events) picture.apply(each);
  return linesOf(picture, { mark: '*', now: now * 1_000, room, columns }).map(plain);
}

test('each step stands at its place, with its time and what it said last', () => {
  const lines = shown(
    [
      planOf('first', 'b', 'c', 'd', 'e'),
      event('step.started', 1, { stepId: 'first', tool: 'echo' }),
      event('step.completed', 3, { stepId: 'first', durationMs: 1_900, output: { value: 1 } }),
      event('step.started', 2, { stepId: 'b', tool: 'echo' }),
      event('step.progress', 2, { stepId: 'b', message: 'half' }),
      event('step.started', 1, { stepId: 'c', tool: 'echo' }),
      event('step.retrying', 2, { stepId: 'c', nextAttempt: 2, error }),
      event('step.started', 1, { stepId: 'd', tool: 'echo' }),
      event('step.failed', 3, { stepId: 'd', error }),
      event('artifact.created', 3, { stepId: 'first', path: 'a', bytes: 1, contentType: 'text/plain' }),
    ],
    12.5,
  );
  expect(lines).toEqual([
    '  ✔ first       1.9 s  Do first',
    '  * b          10.5 s  Do b  half',
    '  * c          11.5 s  Do c  attempt 2: the host is away',
    '  ✖ d           2.0 s  Do d  the host is away',
    '  · e                  Do e',
    '  1 of 5 done, 2 running, 1 waiting, 1 failed, 1 file',
  ]);
});

test('of a plan that is longer than the terminal the steps at work are shown', () => {
  const ids = Array.from({ length: 100 }, (_, i) => `s${i}`);
  const events = [
    planOf(...ids),
    ...ids
      .slice(0, 50)
      .flatMap((stepId) => [
        event('step.started', 1, { stepId, tool: 'echo' }),
        stepId === 's3'
          ? event('step.failed', 2, { stepId, error })
          : event('step.completed', 2, { stepId, durationMs: 1_000, output: { value: 1 } }),
      ]),
    event('step.started', 2, { stepId: 's50', tool: 'echo' }),
  ];
  const lines = shown(events, 3, 6);
  expect(lines.map((line) => line.slice(2, 8).trim())).toEqual([
    '✖ s3',
    '✔ s49',
    '* s50',
    '· s51',
    '· s52',
    '· s53',
    '49 of',
  ]);
});

test('what others wrote cannot steer the terminal, nor break the picture', () => {
  const [line = ''] = shown(
    [
      planOf('a'),
      event('step.started', 1, { stepId: 'a', tool: 'echo' }),
      event('step.progress', 1, {
        stepId: 'a',
        message: `\u001b[2J\u001b]0;t\u0007\n\u202e${'long '.repeat(50)}`,
      }),
    ],
    2,
  );
  // eslint-disable-next-line no-control-regex -- they are what must not be there
  expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
  expect(line.length).toBeLessThanOrEqual(60);
});
