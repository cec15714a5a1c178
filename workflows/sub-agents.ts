/** The runs that this one has handed on to and waits for: they are paused with it, and go on with it. */
import { defineSignal, isCancellation } from '@temporalio/workflow';
import { PAUSE_SIGNAL, RESUME_SIGNAL, type PauseRequest, type ResumeRequest } from '../contracts/messages.js';
import { tellRun } from './tell-run.js';
import type { Work } from './work.js';

const pauseSignal = defineSignal<[PauseRequest]>(PAUSE_SIGNAL);
const resumeSignal = defineSignal<[ResumeRequest]>(RESUME_SIGNAL);

export class SubAgents {
  private readonly running = new Set<string>();

  constructor(private readonly work: Work) {}

  /** @param isPaused whether this run is paused just now */
  began(runId: string, isPaused: boolean): void {
    this.running.add(runId);
    if (isPaused) this.tell(runId, true, null);
  }

  ended(runId: string): void {
    this.running.delete(runId);
  }

  /** This run is paused, or goes on. */
  follow(isPaused: boolean, by: string | null): void {
    for (const runId of this.running) this.tell(runId, isPaused, by);
  }

  private tell(runId: string, isPaused: boolean, by: string | null): void {
    const told = isPaused
      ? tellRun(runId, pauseSignal, { by, reason: 'the run above is paused', above: true })
      : tellRun(runId, resumeSignal, { by, above: true });
    this.work.track(
      told.then(
        () => undefined,
        (error: unknown) => {
          if (!isCancellation(error)) throw error;
        },
      ),
    );
  }
}
