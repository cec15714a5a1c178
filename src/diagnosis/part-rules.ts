/** What perdure stands on, as whoever asks sees it. */
import { stepRunning } from './activity-rules.js';
import type { OpenRun } from './facts.js';
import type { Finding } from './finding.js';

export const temporalUnavailable = (problem: string): Finding => ({
  state: 'waiting',
  cause: 'temporal_unavailable',
  sentence: `Temporal cannot be reached, and nothing moves without it: ${problem}.`,
  whatToDo: 'Bring Temporal back; the run goes on by itself. What it waits for is known only then.',
});

export const recordsUnavailable = ({ recordsProblem }: OpenRun): Finding | null =>
  recordsProblem === null
    ? null
    : {
        state: 'waiting',
        cause: 'records_unavailable',
        sentence: `The records cannot be reached: ${recordsProblem}; the run waits with its next event.`,
        whatToDo: 'Bring the database back; the run goes on by itself.',
      };

export const workspaceUnavailable = ({ workspace }: OpenRun): Finding | null =>
  workspace === null
    ? null
    : {
        state: 'waiting',
        cause: 'workspace_unavailable',
        sentence: `The files cannot be reached: ${workspace}; the run waits at the next step that needs them.`,
        whatToDo: 'Bring the file store back; the run goes on by itself.',
      };

export function busUnavailable(run: OpenRun): Finding | null {
  if (run.bus === null) return null;
  const running = stepRunning(run);
  return {
    state: 'moving',
    cause: 'bus_unavailable',
    sentence: `The run moves, but live messages do not arrive: ${run.bus}; streams read the event log once a second instead.${running === null ? '' : ` ${running.sentence}`}`,
    whatToDo: 'Bring Redis back; no run waits for it.',
  };
}
