/** What Temporal would tell of workflows and queues. */
import type { QueueFacts, RunInspector, WorkflowFacts } from '../../ports/run-inspector.js';

export interface FakeInspector extends RunInspector {
  workflows: Map<string, WorkflowFacts>;
  facts: QueueFacts;
  toolFacts: QueueFacts | null;
}

export function createFakeInspector(): FakeInspector {
  const side = { pollers: [], backlog: 0, backlogAgeMs: 0, addRate: 0, dispatchRate: 0 };
  const inspector: FakeInspector = {
    workflows: new Map(),
    toolFacts: null,
    facts: { name: 'fake', workers: null, currentBuild: null, workflows: side, activities: side },
    workflow: (runId) => Promise.resolve(inspector.workflows.get(runId) ?? null),
    queue: () => Promise.resolve(inspector.facts),
    toolQueue: () => Promise.resolve(inspector.toolFacts),
    workersElsewhere: () => Promise.resolve([]),
    openRunsElsewhere: () => Promise.resolve(0),
  };
  return inspector;
}
