/** What a tool is: one file each, registered in registry.ts. */
import { z } from 'zod';
import type { JsonValue } from '../../contracts/plan.js';
import type { FileInfo } from '../ports/workspace.js';
import type { Readable } from 'node:stream';

/** read: changes nothing outside; reversible: may be done again or undone; irreversible: must not run twice. */
export type Effect = 'read' | 'reversible' | 'irreversible';

/** Where a tool comes from. What one that is not ours says of itself is data to models, as its results are. */
export type ToolSource = 'built-in' | 'folder' | 'mcp' | 'openapi';

/** The run's workspace as a tool sees it: paths only, its own run only. Errors as in ports/workspace. */
export interface ToolFiles {
  read(path: string, maxBytes: number): Promise<Buffer>;
  open(path: string): Promise<{ info: FileInfo; content: Readable }>;
  stat(path: string): Promise<FileInfo | null>;
  list(prefix?: string): Promise<FileInfo[]>;
  /** Writes and announces the artifact. */
  write(path: string, content: Readable | Uint8Array | string): Promise<FileInfo>;
}

export interface ToolContext {
  /** Whose run it is. */
  tenantId: string;
  files: ToolFiles;
  /** Aborted on cancel, time-out and shutdown; every tool passes it on. */
  signal: AbortSignal;
  /** The same for every attempt of this execution of the step: hand it to services that take one. */
  idempotencyKey: string;
  /** Counted from 1 within the step. */
  attempt: number;
  /** Says how far the tool is, to whoever watches. */
  progress: (message: string) => void;
  /** Passes on what a model writes, while it does; null when what came before does not count any more. */
  write: (piece: string | null) => void;
  /**
   * To be asked before an address is called that arguments have chosen, for it can carry data away.
   * @throws PerdureError `address_not_named` where a model chose it and no person has named its host
   */
  reach: (url: URL) => Promise<void>;
}

/** A tool's answer: an output, or the wish to be completed later by a durable timer. */
export type ToolResult = { output: JsonValue } | { deferUntil: Date } | { deferSeconds: number };

/** What became of an attempt of which nothing was heard; `unknown` where that cannot be told. */
export type Verification = { outcome: 'acted'; output: JsonValue } | { outcome: 'not_acted' | 'unknown' };

export interface Tool<Args = unknown> {
  name: string;
  /** For people and models: what it does and what its output looks like. */
  description: string;
  /** Strict; its errors name the field. */
  args: z.ZodType<Args>;
  /** What is told of the arguments, where that is more than args can say. */
  inputSchema?: Readonly<Record<string, unknown>>;
  source: ToolSource;
  effect: Effect;
  /** Seconds one attempt may take. */
  timeoutSeconds: number;
  /** Attempts that a retryable failure gets. */
  maxAttempts: number;
  /**
   * Done within milliseconds, by this process or the workspace alone: then the step costs no round trip to
   * Temporal. Never of an irreversible tool.
   */
  quick: boolean;
  /**
   * Whether the service acts once for each idempotencyKey, however often it is called with it, and answers as it did
   * the first time. Then an irreversible tool is simply called again.
   */
  keyed?: boolean;
  /**
   * Of an irreversible tool: finds out what became of an attempt that was cut off, or that took too long. Without it a
   * person is asked.
   * @throws anything, which means that it is unknown; a retryable PerdureError is tried again for some seconds
   */
  verify?(
    args: Args,
    context: Pick<ToolContext, 'tenantId' | 'idempotencyKey' | 'signal' | 'attempt'>,
  ): Promise<Verification>;
  /**
   * @throws PerdureError, whose code says terminal or retryable. What an irreversible tool throws says that it has
   * not acted; one that cannot know throws `outcome_unknown`.
   */
  execute(args: Args, context: ToolContext): Promise<ToolResult>;
}

/** Attempts of a tool that says no number of its own. */
export const DEFAULT_MAX_ATTEMPTS = 5;

/** Keeps a tool's argument type while it is defined and forgets it in the registry. */
export const defineTool = <Args>(
  tool: Omit<Tool<Args>, Defaulted> & Partial<Pick<Tool<Args>, Defaulted>>,
): Tool => ({ maxAttempts: DEFAULT_MAX_ATTEMPTS, quick: false, source: 'built-in', ...tool });
type Defaulted = 'maxAttempts' | 'quick' | 'source';

/** The JSON schema of a tool's arguments, as people and models are told. */
export const inputSchemaOf = ({ args, inputSchema }: Tool): Record<string, unknown> =>
  inputSchema ?? z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' });
