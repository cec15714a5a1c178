/** In-memory ports for the API's tests. */
import type { ApiDependencies } from '../context.js';
import type { AgentCatalog } from '../../ports/agent-catalog.js';
import type { ToolCatalog } from '../../ports/tool-catalog.js';
import { createFakeBus, type FakeBus } from './fake-bus.js';
import { fakeAgents, fakeTools } from './fake-catalogs.js';
import { createFakeEngine, type FakeEngine } from './fake-engine.js';
import { createFakeInspector, type FakeInspector } from './fake-inspector.js';
import { createFakeLogger, type FakeLogger } from './fake-logger.js';
import { createFakeSchedules, type FakeSchedules } from './fake-schedules.js';
import { createFakeStore, type FakeStore } from './fake-store.js';
import { createFakeWorkspace, type FakeWorkspace } from './fake-workspace.js';

export interface Fakes {
  runs: FakeStore['runs'];
  log: FakeStore['log'];
  store: FakeStore;
  bus: FakeBus;
  workspace: FakeWorkspace;
  engine: FakeEngine;
  inspector: FakeInspector;
  schedules: FakeSchedules;
  tools: ToolCatalog;
  agents: AgentCatalog;
  logger: FakeLogger;
}

export function createFakes(): Fakes {
  const bus = createFakeBus();
  const store = createFakeStore();
  return {
    runs: store.runs,
    log: store.log,
    store,
    bus,
    workspace: createFakeWorkspace(),
    engine: createFakeEngine(store.log),
    inspector: createFakeInspector(),
    schedules: createFakeSchedules(),
    tools: fakeTools,
    agents: fakeAgents,
    logger: createFakeLogger(),
  };
}

export const dependenciesOf = (fakes: Fakes, more: Partial<ApiDependencies> = {}): ApiDependencies => ({
  runs: fakes.runs,
  approvals: fakes.store.approvals,
  log: fakes.log,
  bus: fakes.bus,
  workspace: fakes.workspace,
  engine: fakes.engine,
  inspector: fakes.inspector,
  schedules: fakes.schedules,
  tools: fakes.tools,
  agents: fakes.agents,
  logger: fakes.logger,
  allowedHosts: ['127.0.0.1', 'localhost'],
  ...more,
});
