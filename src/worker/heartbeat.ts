/** Heartbeats for every activity, so that no tool has to think of them: cancellation arrives with them. */
import { activityInfo, heartbeat, type Info } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** A fifth of the heartbeat time-out (workflows/activity-options.ts). */
export const HEARTBEAT_MS = 1_000;

/** Told of every activity, the local ones too. */
export interface ActivityListener {
  began(activity: Info): void;
  /** Whatever came of it. */
  ended(activity: Info): void;
}

export const heartbeatInterceptor = (
  listener: ActivityListener,
): { inbound: ActivityInboundCallsInterceptor } => ({
  inbound: {
    async execute(input, next) {
      const activity = activityInfo();
      const isBeating = !activity.isLocal && activity.heartbeatTimeoutMs !== undefined;
      const timer = isBeating
        ? setInterval(() => {
            heartbeat();
          }, HEARTBEAT_MS)
        : undefined;
      listener.began(activity);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
        listener.ended(activity);
      }
    },
  },
});
