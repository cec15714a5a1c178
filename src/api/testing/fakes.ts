/** In-memory ports for the API's tests, and a server on a free port. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiDependencies } from '../context.js';
import type { Agent } from '../../../contracts/agents.js';
import { PerdureError } from '../../../contracts/errors.js';
import type {
  AgentRunInput,
  DecisionRequest,
  MessageRequest,
  PlanUpdateRequest,
} from '../../../contracts/messages.js';
import type { AgentCatalog } from '../../ports/agent-catalog.js';
import type { BusListener, EventBus } from '../../ports/event-bus.js';
import type { Logger } from '../../ports/logger.js';
import type { RunEngine } from '../../ports/run-engine.js';
import type { QueueFacts, RunInspector, WorkflowFacts } from '../../ports/run-inspector.js';
import type { ToolCatalog } from '../../ports/tool-catalog.js';
import { createFakeSchedules, type FakeSchedules } from './fake-schedules.js';
import { createFakeStore, type FakeStore } from './fake-store.js';
import { createFakeWorkspace, type FakeWorkspace } from './fake-workspace.js';

export interface FakeEngine extends RunEngine {
  starts: AgentRunInput[];
  decisions: DecisionRequest[];
  messages: MessageRequest[];
  planChanges: PlanUpdateRequest[];
  pauses: { runId: string; paused: boolean }[];
  cancels: { runId: string; reason: string | null }[];
  pollers: number;
  /** Null where tools have no workers of their own. */
  toolPollers: number | null;
  /** Thrown by every call while set. */
  down: Error | null;
  /** Runs before a start counts. */
  onStart: (() => Promise<void> | void) | null;
}

export interface FakeBus extends EventBus {
  isHealthy: boolean;
  listeners: Map<string, Set<BusListener>>;
}

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

export interface FakeLogger extends Logger {
  lines: LogLine[];
}

export interface FakeInspector extends RunInspector {
  workflows: Map<string, WorkflowFacts>;
  facts: QueueFacts;
  toolFacts: QueueFacts | null;
}

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

/** Listens on a free loopback port; close() ends open connections too. */
export async function listen(
  app: RequestListener,
): Promise<{ url: string; port: number; close: () => Promise<void> }> {
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function createFakeBus(): FakeBus {
  const listeners: FakeBus['listeners'] = new Map();
  const bus: FakeBus = {
    isHealthy: true,
    listeners,
    publish(runId, event) {
      for (const listener of listeners.get(runId) ?? []) listener.onEvent(event);
    },
    subscribe(runId, listener) {
      const set = listeners.get(runId) ?? new Set();
      listeners.set(runId, set.add(listener));
      queueMicrotask(() => {
        if (set.has(listener)) listener.onReady();
      });
      return () => {
        set.delete(listener);
        if (set.size === 0 && listeners.get(runId) === set) listeners.delete(runId);
      };
    },
    healthy: () => bus.isHealthy,
    problem: () => (bus.isHealthy ? null : 'the fake bus is away'),
    check: () => (bus.isHealthy ? Promise.resolve() : Promise.reject(new Error('the fake bus is away'))),
  };
  return bus;
}

function createFakeInspector(): FakeInspector {
  const side = { pollers: [], backlog: 0, backlogAgeMs: 0, addRate: 0, dispatchRate: 0 };
  const inspector: FakeInspector = {
    workflows: new Map(),
    toolFacts: null,
    facts: { name: 'fake', workers: null, currentBuild: null, workflows: side, activities: side },
    workflow: (runId) => Promise.resolve(inspector.workflows.get(runId) ?? null),
    queue: () => Promise.resolve(inspector.facts),
    toolQueue: () => Promise.resolve(inspector.toolFacts),
    openRunsElsewhere: () => Promise.resolve(0),
  };
  return inspector;
}

function createFakeEngine(log: FakeStore['log']): FakeEngine {
  const open = new Map<string, { requestHash: string | null; tenantId: string }>();
  const up = (): void => {
    if (engine.down !== null) throw engine.down;
  };
  const pauseOrNot = async (runId: string, paused: boolean): Promise<boolean> => {
    await Promise.resolve().then(up);
    if (!open.has(runId)) return false;
    engine.pauses.push({ runId, paused });
    return true;
  };
  const engine: FakeEngine = {
    starts: [],
    cancels: [],
    pauses: [],
    decisions: [],
    messages: [],
    planChanges: [],
    pollers: 1,
    toolPollers: null,
    down: null,
    onStart: null,
    async start(input) {
      await engine.onStart?.();
      up();
      const known = open.get(input.run.id);
      if (known !== undefined) return { started: false, requestHash: known.requestHash };
      open.set(input.run.id, input.run);
      engine.starts.push(input);
      return { started: true, requestHash: input.run.requestHash };
    },
    tenantOf: (runId) =>
      Promise.resolve().then(() => {
        up();
        return open.get(runId)?.tenantId ?? null;
      }),
    pause: (runId) => pauseOrNot(runId, true),
    resume: (runId) => pauseOrNot(runId, false),
    decide: async (runId, request) => {
      await Promise.resolve().then(up);
      if (!open.has(runId)) return false;
      if (engine.decisions.some(({ approvalId }) => approvalId === request.approvalId))
        throw new PerdureError('approval_decided', `${request.approvalId} waits for no decision`);
      engine.decisions.push(request);
      return true;
    },
    message: async (runId, request) => {
      await Promise.resolve().then(up);
      if (!open.has(runId)) return false;
      engine.messages.push(request);
      return true;
    },
    changePlan: async (runId, request) => {
      await Promise.resolve().then(up);
      if (!open.has(runId)) return false;
      engine.planChanges.push(request);
      const { version, steps, remove: removed } = request;
      const data = { version: version + 1, steps, removed, madeBy: 'caller' } as const;
      const at = new Date().toISOString();
      await log.append(runId, [{ type: 'plan.updated', key: `plan/${data.version}`, at, data }]);
      return true;
    },
    async cancel(runId, reason) {
      await Promise.resolve().then(up);
      if (!open.has(runId)) return false;
      engine.cancels.push({ runId, reason });
      return true;
    },
    isPolling: () => Promise.resolve(true),
    toolPollerCount: () => Promise.resolve(engine.toolPollers),
    async pollerCount() {
      await Promise.resolve().then(up);
      return engine.pollers;
    },
    webUrl: (runId) => `http://ui.test/run-${runId}`,
    check: () => Promise.resolve().then(up),
  };
  return engine;
}

/** echo takes anything; write_file wants a path of type string. */
const fakeTools: ToolCatalog = {
  list: () =>
    ['echo', 'write_file'].map((name) => ({
      name,
      description: `does ${name}`,
      source: 'built-in',
      effect: 'read',
      quick: true,
      timeoutSeconds: 30,
      maxAttempts: 5,
      inputSchema: { type: 'object' },
    })),
  checkArgs(name, args) {
    if (name === 'echo') return [];
    if (name !== 'write_file') return undefined;
    return typeof args.path === 'string' ? [] : [{ path: ['path'], message: 'must be a string' }];
  },
};

/** One without a model, one that plans and may only echo, and one that plans and may be told to ask nobody. */
const agents: Agent[] = [
  {
    name: 'default',
    description: 'does anything',
    instructions: '',
    models: { planner: [], supervisor: [], tool: [] },
    tools: ['echo', 'write_file'],
    maxSteps: 50,
    approvals: 'never',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
  {
    name: 'echoer',
    description: 'echoes',
    instructions: 'secret instructions',
    models: { planner: ['openai:m'], supervisor: [], tool: [] },
    tools: ['echo'],
    maxSteps: 5,
    approvals: 'irreversible',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
  {
    name: 'planner',
    description: 'plans',
    instructions: '',
    models: { planner: ['openai:m'], supervisor: [], tool: [] },
    tools: ['echo'],
    maxSteps: 5,
    approvals: 'never',
    supervision: { maxChanges: 10, maxSteps: 50 },
    hosts: [],
    output: null,
  },
];
const fakeAgents: AgentCatalog = {
  list: () => agents,
  find: (name) => agents.find((agent) => agent.name === name),
};

function createFakeLogger(): FakeLogger {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  const logger: FakeLogger = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  return logger;
}
