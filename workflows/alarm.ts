/** A timer that can be moved. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

export class Alarm {
  private current: { at: number; scope: CancellationScope } | undefined;

  /** @param onRing when the time has come, or with the defect that the timer met */
  constructor(
    private readonly parent: CancellationScope,
    private readonly onRing: (error?: unknown) => void,
  ) {}

  get isSet(): boolean {
    return this.current !== undefined;
  }

  /** @param at milliseconds since 1970; undefined for none. One that is past does not ring. */
  set(at: number | undefined, summary: () => string): void {
    if (at === this.current?.at) return;
    this.current?.scope.cancel();
    this.current = undefined;
    if (at === undefined || at <= Date.now()) return;
    const timer = { at, scope: new CancellationScope({ cancellable: true, parent: this.parent }) };
    this.current = timer;
    timer.scope
      .run(() => sleep(at - Date.now(), { summary: summary() }))
      .then(() => {
        if (this.current === timer) this.current = undefined;
        this.onRing();
      })
      .catch((error: unknown) => {
        if (!isCancellation(error)) this.onRing(error);
      });
  }
}
