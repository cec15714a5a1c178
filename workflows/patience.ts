/** How long a person is waited for, and how often they are reminded meanwhile. */
import { condition } from '@temporalio/workflow';

/** What is to become of an approval that nobody decides. */
export interface Patience {
  timeoutSeconds: number | undefined;
  onTimeout: 'approve' | 'deny';
  remindEverySeconds: number | undefined;
}

/** What is waited for. */
export interface Waited {
  /** Milliseconds since 1970. */
  expiresAt: number | null;
  reminders?: { since: number; said: number };
}

/** Resolves when it is over, or its time is. @param remind told of each reminder, counted from 1 */
export async function untilOver(
  waited: Waited,
  isOver: () => boolean,
  remindEverySeconds: number | undefined,
  remind: (reminder: number) => void,
): Promise<void> {
  if (remindEverySeconds !== undefined) waited.reminders ??= { since: Date.now(), said: 0 };
  for (;;) {
    const { expiresAt, reminders } = waited;
    const next =
      reminders === undefined || remindEverySeconds === undefined
        ? null
        : reminders.since + (reminders.said + 1) * remindEverySeconds * 1_000;
    const until = Math.min(next ?? Infinity, expiresAt ?? Infinity);
    if (isOver()) return;
    if (until === Infinity) await condition(isOver);
    else await condition(isOver, Math.max(1, until - Date.now()));
    if (isOver() || reminders === undefined || next === null || until !== next) return;
    reminders.said += 1;
    remind(reminders.said);
  }
}
