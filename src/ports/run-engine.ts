/** What the API asks of the durable engine. */
import type {
  AgentRunInput,
  DecisionRequest,
  MessageRequest,
  PauseRequest,
  PlanUpdateRequest,
  ResumeRequest,
} from '../../contracts/messages.js';

export interface RunEngine {
  /**
   * Starts the run's workflow; the commit point of a submission.
   * @param priority 1 goes first, 5 last, 3 unless told
   * @returns `started` false when a workflow of this id exists, with the request hash it was started with
   * @throws PerdureError `temporal_unavailable`
   */
  start(input: AgentRunInput, priority?: number): Promise<{ started: boolean; requestHash: string | null }>;
  /**
   * The tenant of the run's workflow while it is open; null when there is none.
   * @throws PerdureError `temporal_unavailable`
   */
  tenantOf(runId: string): Promise<string | null>;
  /** @returns false when there is no open workflow of this id */
  cancel(runId: string, reason: string | null): Promise<boolean>;
  /** Takes effect once a worker is there. @returns as cancel */
  pause(runId: string, request: PauseRequest): Promise<boolean>;
  resume(runId: string, request: ResumeRequest): Promise<boolean>;
  /**
   * A person's word, which a worker takes; the first one counts, and the same again is no other.
   * @returns false when there is no open workflow of this id
   * @throws PerdureError `approval_decided`, `approval_stale`, `decision_pending`
   */
  decide(runId: string, request: DecisionRequest): Promise<boolean>;
  /**
   * What the run's models are to read with their next question. The same id again is no other message.
   * @returns as decide
   * @throws PerdureError `message_limit_reached`, `decision_pending`
   */
  message(runId: string, request: MessageRequest): Promise<boolean>;
  /**
   * Another version of the plan, made by the run itself from the one that is named.
   * @returns as decide
   * @throws PerdureError `precondition_failed`, `plan_not_changeable`, `plan_not_made`, `run_closed`, `decision_pending`
   */
  changePlan(runId: string, request: PlanUpdateRequest): Promise<boolean>;
  /** Workers polling the run task queue, as the server sees them. */
  pollerCount(): Promise<number>;
  /** Workers polling the task queue of tools; null where tools have none of their own. */
  toolPollerCount(): Promise<number | null>;
  /** Whether the server sees this worker poll the run task queue, for workflows and for activities. */
  isPolling(identity: string): Promise<boolean>;
  /** Address of the run in the Temporal Web UI; null when no UI is known. */
  webUrl(runId: string): string | null;
  /** Resolves when the server answers for the namespace, and knows what runs are searched by. */
  check(): Promise<void>;
}
