/** How many runs there are of each status, and what became of those that were submitted over time. */
import { z } from 'zod';
import { listRunsSchema } from './runs.js';
import { runStatuses, type RunStatus } from './statuses.js';
import { wholeNumber } from './whole-number.js';

/** The same runs that a list with these fields shows, of every status. */
export const statisticsQuerySchema = listRunsSchema
  .pick({ agent: true, createdAfter: true, createdBefore: true, metadata: true })
  .extend({ periods: wholeNumber(2, 200).default(48) });

export type RunCounts = Record<RunStatus, number>;

const counts = z.record(z.enum(runStatuses), z.int().min(0));

export const statisticsSchema = z.object({
  runs: counts.describe('How many runs there are, by what their status is now.'),
  periodSeconds: z.int().min(1).describe('How long each of the periods is.'),
  periods: z
    .array(
      z.object({
        from: z.iso.datetime(),
        runs: counts.describe('Of the runs that were submitted in it, by what their status is now.'),
      }),
    )
    .describe('The oldest first, without gaps; from `createdAfter` on, or of the last 24 hours.'),
});
export type Statistics = z.infer<typeof statisticsSchema>;
