/** Calls of tools that are made by workers of their own, who hold neither the records nor the keys of models. */
import type { ErrorInfo } from './errors.js';
import type { StepOutput } from './events.js';
import type { JsonValue } from './plan.js';

/** A file that a tool has written. */
export interface Artifact {
  path: string;
  bytes: number;
  contentType: string;
}

/** Where a call may go, of what a model may have chosen; `any` where a person has. */
export type Reach = 'any' | { agent: string; hosts: string[]; texts: string[] };

/** What the tool is given; a file in the workspace where it is large. */
export interface GivenToTool {
  args: Record<string, JsonValue>;
  reach: Reach;
}

export interface ToolCall {
  /** Call the tool, or ask it what became of an attempt of which nothing was heard. */
  ask: 'call' | 'verify';
  /** The task queue of those who make it. */
  queue: string;
  tool: string;
  effect: 'read' | 'reversible' | 'irreversible';
  timeoutSeconds: number;
  attempt: number;
  idempotencyKey: string;
  /** A GivenToTool. */
  given: StepOutput;
  /** What becomes of the output: a step's, in a file where it is large; or a text of at most so many characters. */
  keep: 'output' | { characters: number };
}

export interface ToolCallInput {
  runId: string;
  tenantId: string;
  stepId: string;
  call: ToolCall;
}

/** What became of a call. A failure fails its activity, and is the first of that failure's details. */
export type Called = { attempt: number; artifacts: Artifact[]; durationMs: number } & (
  | { outcome: 'completed'; output: StepOutput }
  | { outcome: 'text'; text: string }
  | { outcome: 'deferred'; wait: { seconds: number } | { until: string } }
  | { outcome: 'failed'; error: ErrorInfo; retryAfterSeconds?: number }
  /** Done, and its output could not be stored. */
  | { outcome: 'not_stored'; error: ErrorInfo }
  /** Stopped with the run, after it was begun. */
  | { outcome: 'stopped' }
);

/** What the tool says of an attempt of which nothing was heard. */
export type FoundOut = { outcome: 'acted'; output: StepOutput } | { outcome: 'not_acted' | 'unknown' };

/** How far a step's activity is with a call; empty before it has asked for one. */
export interface CallPhase {
  called?: Called;
  found?: FoundOut;
  /** Counts from 1; left out where it is that. */
  tries?: number;
}

/** What a step's activity hands back where it cannot go on by itself. */
export type CallWanted = { status: 'call'; call: ToolCall } | { status: 'again'; seconds: number };

/** What workers of tools implement. */
export interface ToolActivities {
  callTool(input: ToolCallInput): Promise<Called>;
  verifyCall(input: ToolCallInput): Promise<FoundOut>;
}
