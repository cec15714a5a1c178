/** What a run has under way: counted, waited for, and stopped as a whole. */
import { CancellationScope, condition } from '@temporalio/workflow';
import type { ErrorInfo } from '../contracts/errors.js';

export class Work {
  /** Not cancelled by Temporal's cancellation of the workflow: that is ours to pass on. */
  readonly shielded = new CancellationScope({ cancellable: false });
  /** The tools; cancelled when the run is cancelled or stopped by a failed step. */
  private readonly tools = new CancellationScope({ cancellable: true, parent: this.shielded });
  /** What people are waited for; let go with the tools, or before them. */
  private readonly waits = new CancellationScope({ cancellable: true, parent: this.tools });
  private under = 0;
  private settled = 0;
  private isCancelled = false;
  private error: ErrorInfo | undefined;
  /** A defect met in a step: rethrown, so that the workflow task fails and shows it. */
  private defect: { error: unknown } | undefined;
  /** Whether what is under way is let end, for another execution to go on. */
  isDraining = false;

  constructor() {
    const run = CancellationScope.current();
    const cancel = (): void => {
      this.isCancelled = true;
      this.touch();
      this.tools.cancel();
    };
    if (run.consideredCancelled) cancel();
    else void run.cancelRequested.catch(cancel);
  }

  get isIdle(): boolean {
    return this.under === 0;
  }

  /** Whether no step is to be begun or judged any more. */
  get isEnding(): boolean {
    return this.isCancelled || this.error !== undefined;
  }

  get wasCancelled(): boolean {
    return this.isCancelled;
  }

  /** Why the run was stopped, if it was. */
  get stoppedBy(): ErrorInfo | undefined {
    return this.error;
  }

  /** Runs what is cancelled with the run. */
  run<Result>(act: () => Promise<Result>): Promise<Result> {
    return this.tools.run(act);
  }

  /** Runs what waits for people. */
  wait<Result>(act: () => Promise<Result>): Promise<Result> {
    return this.waits.run(act);
  }

  /** Stops all of it: the run has failed. @param letEnd whether tools that run come to their own end */
  stop(error: ErrorInfo, letEnd = false): void {
    this.error = error;
    (letEnd ? this.waits : this.tools).cancel();
    this.touch();
  }

  /** Runs beside everything else; a defect in it fails the workflow task. */
  track(work: Promise<void>): void {
    this.under += 1;
    work
      .catch((error: unknown) => {
        this.defect = { error };
      })
      .finally(() => {
        this.under -= 1;
        this.touch();
      });
  }

  /** Something has changed. @param error of a defect */
  touch(error?: unknown): void {
    if (error !== undefined) this.defect = { error };
    this.settled += 1;
  }

  /**
   * Resolves when everything else that this activation has brought is done, and has scheduled what comes next.
   *
   * For what a local activity brings: its worker met that in an activation of its own, after what the workflow task
   * had brought. Whoever replays meets both in one, and must go on in the same order.
   */
  async othersDone(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS;) {
      const seen = this.settled;
      await nextRound();
      quiet = this.settled === seen ? quiet + 1 : 0;
    }
  }

  /** Resolves when something has changed. @throws a defect */
  async change(): Promise<void> {
    const seen = this.settled;
    await condition(() => this.settled > seen || this.defect !== undefined);
    this.throwDefect();
  }

  throwDefect(): void {
    if (this.defect !== undefined) throw this.defect.error;
  }
}

/** What was woken in one round has scheduled by the end of the next what it has to. */
const QUIET_ROUNDS = 2;

/** The SDK looks at conditions when no promise is left to go on with: between two looks is a round. */
async function nextRound(): Promise<void> {
  let isNext = false;
  void Promise.resolve().then(() => {
    isNext = true;
  });
  await condition(() => isNext);
}
