/** Why a run moves or does not: one cause, one sentence, the evidence, and what to do. */
import { z } from 'zod';

/** In the order in which they are looked for: the first that holds is told. */
export const whyCauses = [
  'finished',
  'temporal_unavailable',
  'workflow_gone',
  'workflow_task_failing',
  'records_unavailable',
  'workspace_unavailable',
  'heartbeat_missing',
  'no_worker_polling',
  'backlog',
  'attempt_failed',
  'budget',
  'paused',
  'waiting_for_approval',
  'waiting_for_answer',
  'waiting_for_event',
  'sub_agent',
  'timer',
  'bus_unavailable',
  'moving',
] as const;
export type WhyCause = (typeof whyCauses)[number];

export const whySchema = z.object({
  runId: z.uuid(),
  state: z
    .enum(['moving', 'waiting', 'stuck', 'ended'])
    .describe('waiting: it goes on by itself; stuck: somebody has to do something.'),
  cause: z.enum(whyCauses),
  sentence: z.string().describe('For people.'),
  whatToDo: z.string(),
  evidence: z
    .array(z.object({ what: z.string(), value: z.string() }))
    .describe('What the sentence was concluded from, as Temporal and the records tell it.'),
  askedAt: z.iso.datetime(),
});
export type Why = z.infer<typeof whySchema>;
