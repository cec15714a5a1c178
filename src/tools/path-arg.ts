/** A workspace path as an argument of a tool: a bad one is told where the plan comes in. */
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import { workspacePath } from '../../contracts/workspace-path.js';

/** @param options.system whether the path may lie in the folder that perdure keeps for itself */
export const pathArg = (options: { system?: boolean } = {}): z.ZodString =>
  z.string().superRefine((path, refinement) => {
    try {
      workspacePath(path, options);
    } catch (error) {
      if (!(error instanceof PerdureError)) throw error;
      refinement.addIssue({ code: 'custom', message: error.message });
    }
  });
