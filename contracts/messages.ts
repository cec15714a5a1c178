/** Names and shapes that the API and the workflow exchange: workflow input, signals, queries, attributes. */
import type { JsonValue, Plan } from './plan.js';
import type { NewRun } from './runs.js';
import type { NewEvent } from './events.js';

export const AGENT_RUN_WORKFLOW = 'agentRun';
export const CANCEL_SIGNAL = 'cancelRun';
export const SNAPSHOT_QUERY = 'snapshot';

export const workflowIdOf = (runId: string): string => `run-${runId}`;

/** Custom search attributes; all are keywords. */
export const searchAttributes = {
  tenantId: 'TenantId',
  agentName: 'AgentName',
  runStatus: 'RunStatus',
} as const;

/** What the workflow must know of a tool to schedule it. */
export interface ToolTiming {
  /** Seconds one attempt may take. */
  timeoutSeconds: number;
}

export interface AgentRunInput {
  run: NewRun;
  /** The plan given in the request; null to have one made. */
  plan: Plan | null;
  /** Small; the first activity moves it to the workspace. */
  inputsData: JsonValue | null;
  tools: Record<string, ToolTiming>;
  /** Present after continue-as-new. */
  carried?: CarriedState;
}

/** A step whose tool asked to be completed at a time. */
export interface StepTimer {
  /** The attempt of the tool that asked. */
  attempt: number;
  /** ISO 8601, as `until`. */
  startedAt: string;
  until: string;
}

/** The steps that are over, and those whose timer goes on. Steps not listed are still to run. */
export interface CarriedSteps {
  completed: string[];
  /** By id, how the failure is shown. */
  failed: Record<string, string>;
  skipped: string[];
  waiting: Record<string, StepTimer>;
}

/** All that one workflow execution hands to its successor. */
export interface CarriedState {
  plan: Plan;
  steps: CarriedSteps;
  unsent: NewEvent[];
}

/** The answer to SNAPSHOT_QUERY. */
export interface RunSnapshot {
  total: number;
  completed: number;
  failed: number;
  skipped: number;
  running: string[];
  waiting: string[];
}
