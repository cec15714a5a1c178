/** What a tool is given beside its arguments: all of it about its own step and run. */
import type { RunToolInput } from '../contracts/activities.js';
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { StepNote, ToolContext, ToolFiles } from '../src/tools/tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { now, type Journal } from './journal.js';
import { OutputStream } from './output-stream.js';
import { loadJson } from './step-output.js';

export interface StepContext {
  context: Omit<ToolContext, 'signal'>;
  /** Passes on what is still held back. */
  end: () => void;
}

export function createToolContext(
  deps: ActivityDependencies,
  { runId, tenantId, step }: RunToolInput,
  given: { journal: Journal; files: ToolFiles; attempt: number },
): StepContext {
  const { journal, files, attempt } = given;
  const of = { stepId: step.id, attempt };
  const output = new OutputStream(deps.bus, runId, of);
  const scope = { runId, tenantId };
  const memoryPath = `${SYSTEM_FOLDER}/memory/${step.id}.json`;
  let notes = 0;
  const context: Omit<ToolContext, 'signal'> = {
    files,
    attempt,
    idempotencyKey: `${runId}/${step.id}`,
    progress: (message) => {
      deps.bus.publish(runId, { type: 'step.progress', runId, at: now(), ...of, message });
    },
    write: (piece) => {
      output.write(piece);
    },
    note: (note: StepNote) => {
      notes += 1;
      const key = `step/${step.id}/note/${attempt}/${notes}`;
      return journal.tryAppend({ ...note, key, at: now(), ...of });
    },
    memory: {
      async load() {
        if ((await deps.workspace.stat(scope, memoryPath)) === null) return null;
        return loadJson(deps.workspace, scope, memoryPath);
      },
      save: async (value: JsonValue) => {
        await deps.workspace.put(scope, memoryPath, JSON.stringify(value));
      },
    },
    async agentName() {
      const run = await deps.store.findRun(tenantId, runId);
      if (run === null) throw new PerdureError('run_not_found', `there is no run ${runId}`);
      return run.agent;
    },
  };
  return {
    context,
    end: () => {
      output.flush();
    },
  };
}
