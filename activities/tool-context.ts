/** What a tool is given beside its arguments: all of it about its own step and run. */
import type { ToolContext, ToolFiles } from '../src/tools/tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { now } from './journal.js';
import { OutputStream } from './output-stream.js';
import { reach, type Reaching } from './reach.js';

/** One for all attempts of a step. */
export const idempotencyKeyOf = ({ runId, step }: { runId: string; step: { id: string } }): string =>
  `${runId}/${step.id}`;

export interface StepContext {
  context: Omit<ToolContext, 'signal'>;
  /** Passes on what is still held back. */
  end: () => void;
}

export function createToolContext(
  deps: Pick<ActivityDependencies, 'bus' | 'store' | 'log' | 'agents'>,
  reaching: Reaching,
  { files, attempt }: { files: ToolFiles; attempt: number },
): StepContext {
  const { runId, tenantId, step } = reaching;
  const of = { stepId: step.id, attempt };
  const output = new OutputStream(deps.bus, runId, of);
  const context: Omit<ToolContext, 'signal'> = {
    tenantId,
    files,
    attempt,
    idempotencyKey: idempotencyKeyOf({ runId, step }),
    progress: (message) => {
      deps.bus.publish(runId, { type: 'step.progress', runId, at: now(), ...of, message });
    },
    write: (piece) => {
      output.write(piece);
    },
    reach: (url) => reach(deps, reaching, url),
  };
  return {
    context,
    end: () => {
      output.flush();
    },
  };
}
