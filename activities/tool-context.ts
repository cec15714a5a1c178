/** What a tool is given beside its arguments: all of it about its own step and run. */
import type { EventBus } from '../src/ports/event-bus.js';
import type { ToolContext, ToolFiles } from '../src/tools/tool.js';
import { now } from './journal.js';
import { OutputStream } from './output-stream.js';

/** One for all attempts of a step. */
export const idempotencyKeyOf = ({ runId, step }: { runId: string; step: { id: string } }): string =>
  `${runId}/${step.id}`;

export interface StepContext {
  context: Omit<ToolContext, 'signal'>;
  /** Passes on what is still held back. */
  end: () => void;
}

export interface ContextOf {
  runId: string;
  tenantId: string;
  stepId: string;
  attempt: number;
  idempotencyKey: string;
  files: ToolFiles;
  reach: ToolContext['reach'];
}

export function createToolContext(bus: EventBus, of: ContextOf): StepContext {
  const { runId, tenantId, stepId, attempt, idempotencyKey, files, reach } = of;
  const output = new OutputStream(bus, runId, { stepId, attempt });
  const context: Omit<ToolContext, 'signal'> = {
    ...{ tenantId, files, attempt, idempotencyKey, reach },
    progress: (message) => {
      bus.publish(runId, { type: 'step.progress', runId, at: now(), stepId, attempt, message });
    },
    write: (piece) => {
      output.write(piece);
    },
  };
  return {
    context,
    end: () => {
      output.flush();
    },
  };
}
