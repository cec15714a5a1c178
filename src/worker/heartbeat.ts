/** Heartbeats for every activity, so that no tool has to think of them: cancellation arrives with them. */
import { activityInfo, heartbeat } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';

/** A fifth of the heartbeat time-out (workflows/activity-options.ts). */
export const HEARTBEAT_MS = 1_000;

/** @param onTask told of every activity that begins, the local ones too */
export const heartbeatInterceptor = (onTask: () => void): { inbound: ActivityInboundCallsInterceptor } => ({
  inbound: {
    async execute(input, next) {
      onTask();
      if (activityInfo().isLocal || activityInfo().heartbeatTimeoutMs === undefined) return next(input);
      const timer = setInterval(() => {
        heartbeat();
      }, HEARTBEAT_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  },
});
