/** What the whole system does, of all tenants: for whoever operates it. Times are ISO 8601 in UTC. */
import { z } from 'zod';
import { readinessSchema } from './answers.js';
import { runStatuses } from './statuses.js';
import { whyCauses } from './why.js';

const time = z.iso.datetime();
const many = z.int().min(0);
const ms = z.number().min(0).nullable();

const queueSideSchema = z.object({
  pollers: z
    .array(z.object({ identity: z.string(), lastPollAt: time, build: z.string().nullable() }))
    .describe('Who has asked for tasks within the last five minutes, the newest first.'),
  backlog: many.describe('Tasks that wait for a worker.'),
  backlogAgeMs: z.number().min(0).describe('How long the oldest of them has waited.'),
  addRate: z.number().describe('Tasks a second that came, of the last half minute.'),
  dispatchRate: z.number().describe('Tasks a second that were given to workers.'),
});

const queueSchema = z.object({
  name: z.string(),
  currentBuild: z.string().nullable().describe('The build that new runs go to, where workers have versions.'),
  workers: z
    .array(
      z.object({
        identity: z.string(),
        lastHeartbeatAt: time,
        used: many.describe('Places for activities that are taken.'),
        free: many,
      }),
    )
    .nullable()
    .describe('As they have last told Temporal; null where it does not keep that.'),
  workflows: queueSideSchema,
  activities: queueSideSchema,
});

export const canaryStateSchema = z.object({
  everySeconds: z.number(),
  last: z
    .object({
      at: time,
      works: z.boolean(),
      hops: z.array(z.object({ hop: z.string(), seconds: z.number() })).describe('What it has come through.'),
    })
    .nullable()
    .describe('Null until the first has run.'),
});
export type CanaryState = z.infer<typeof canaryStateSchema>;

const requestsSchema = z.object({
  count: many,
  failed: many.describe('Answered with 5xx.'),
  p50Ms: ms,
  p95Ms: ms,
  p99Ms: ms,
});
const eventsSchema = z.object({ count: many, p50Ms: ms, p95Ms: ms });
const endedRunsSchema = z.object({
  completed: many,
  failed: many,
  cancelled: many,
  startP50Ms: ms.describe('From its submission until a worker began it.'),
  startP95Ms: ms,
  tookP50Ms: ms.describe('From its submission until its end.'),
  tookP95Ms: ms,
});

export const systemPeriodSchema = z.object({
  from: time,
  requests: requestsSchema.describe('To /v1, answered by this process; streams count, and have no time.'),
  events: eventsSchema.describe('From when an event happened until the streams of this process had it.'),
  runs: endedRunsSchema.describe('Those that ended in it, wherever they were carried out.'),
});
export type SystemPeriod = z.infer<typeof systemPeriodSchema>;

export const systemSchema = readinessSchema.pick({ ready: true, parts: true }).extend({
  askedAt: time,
  queue: queueSchema
    .nullable()
    .describe('The task queue of runs; this and what follows are null where nobody could tell.'),
  toolQueue: queueSchema
    .nullable()
    .describe(
      'The task queue of workers that make the calls of tools, at which no workflows wait; also null where tools have none of their own.',
    ),
  openRuns: z.array(z.object({ status: z.enum(runStatuses), runs: many })).nullable(),
  stuckRuns: z
    .array(z.object({ cause: z.enum(whyCauses), runs: many }))
    .nullable()
    .describe('Of the runs in which nothing has happened for longest, those that stand still.'),
  runsElsewhere: many.nullable().describe('Open runs whose tasks go to task queues that are not ours.'),
  canary: canaryStateSchema.nullable().describe('Of this process; null where it sends none.'),
  server: z.object({ version: z.string(), startedAt: time }).describe('The process that answers.'),
  periodSeconds: z.int().min(1),
  periods: z.array(systemPeriodSchema).describe('The last hour, the oldest first, without gaps.'),
});
export type System = z.infer<typeof systemSchema>;
