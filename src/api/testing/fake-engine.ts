/** An engine that remembers what it was told to do. */
import { PerdureError } from '../../../contracts/errors.js';
import type {
  AgentRunInput,
  DecisionRequest,
  MessageRequest,
  PlanUpdateRequest,
} from '../../../contracts/messages.js';
import type { RunEngine } from '../../ports/run-engine.js';
import type { FakeStore } from './fake-store.js';

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

export function createFakeEngine(log: FakeStore['log']): FakeEngine {
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
