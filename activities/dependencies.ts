/** What the activities stand on; tests pass their own in. */
import type { JsonValue } from '../contracts/plan.js';
import type { AgentCatalog } from '../src/ports/agent-catalog.js';
import type { Delegation } from '../src/ports/delegation.js';
import type { EventBus } from '../src/ports/event-bus.js';
import type { EventLog } from '../src/ports/event-log.js';
import type { Logger } from '../src/ports/logger.js';
import type { RunMeter } from '../src/ports/meters.js';
import type { Planner } from '../src/ports/planner.js';
import type { ResultShaper } from '../src/ports/result-shaper.js';
import type { RunStore } from '../src/ports/run-store.js';
import type { StepAgent } from '../src/ports/step-agent.js';
import type { Supervisor } from '../src/ports/supervisor.js';
import type { Tracer } from '../src/ports/tracer.js';
import type { Workspace, WorkspaceScope } from '../src/ports/workspace.js';
import type { Tool } from '../src/tools/tool.js';

export interface ActivityDependencies {
  store: RunStore;
  log: EventLog;
  bus: EventBus;
  workspace: Workspace;
  planner: Planner;
  agents: AgentCatalog;
  shaper: ResultShaper;
  supervisor: Supervisor;
  stepAgent: StepAgent;
  delegation: Delegation;
  /** Takes a place for a sub-agent's run among the tenant's open ones; null where these are not limited. */
  admit: ((tenantId: string, runId: string) => Promise<boolean>) | null;
  tools: {
    get(name: string): Tool | undefined;
    /** @throws PerdureError `tool_invalid_args` naming the fields */
    parseArgs(tool: Tool, args: Record<string, JsonValue>): unknown;
  };
  /** The task queue of the workers that make the calls of this tool; null where this one makes them itself. */
  toolQueueOf: (tool: Tool) => string | null;
  /** Notes what the run's files take up; null where that is not limited. */
  noteStorage: ((scope: WorkspaceScope) => Promise<void>) | null;
  logger: Logger;
  meter: Pick<RunMeter, 'recorded' | 'toolCalled'>;
  tracer: Tracer;
}
