/** What people may change of a plan under way. */
import { z } from 'zod';
import { MAX_PLAN_STEPS, planSchema, planStepSchema } from './plan.js';

export const changePlanSchema = z
  .strictObject({
    steps: z
      .array(planStepSchema)
      .max(MAX_PLAN_STEPS)
      .optional()
      .describe('Each takes the place of the step with its id, whole, or is added at the end.'),
    remove: z.array(z.string().max(100)).max(MAX_PLAN_STEPS).optional().describe('Ids of steps.'),
    maxParallel: planSchema.shape.maxParallel,
  })
  .refine(
    ({ steps = [], remove = [], maxParallel }) =>
      steps.length + remove.length > 0 || maxParallel !== undefined,
    'must have at least one of steps, remove and maxParallel',
  )
  .meta({
    anyOf: [{ required: ['steps'] }, { required: ['remove'] }, { required: ['maxParallel'] }],
  });
export type ChangePlan = z.infer<typeof changePlanSchema>;
