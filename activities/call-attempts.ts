/** The attempts at one irreversible call of a step's model: each begins once, and what became of it is found out. */
import { activityInfo } from '@temporalio/activity';
import type { AgentCallInput } from '../contracts/agent-steps.js';
import type { StepUncertain } from '../contracts/step-ends.js';
import { PerdureError } from '../contracts/errors.js';
import type { JsonValue } from '../contracts/plan.js';
import type { CallWanted, ToolCall } from '../contracts/tool-calls.js';
import type { Tool } from '../src/tools/tool.js';
import type { AgentFiles } from './agent-files.js';
import type { ActivityDependencies } from './dependencies.js';
import { now, type Journal } from './journal.js';
import type { StepCall } from './step-call.js';
import { loadOutput } from './step-output.js';
import { retryLater } from './to-failure.js';
import { verifyTool } from './verify-tool.js';

/** Attempts that nobody had to be asked about: a call that loses each worker is its own doing. */
const MAX_ATTEMPTS = 5;

/** What is known of an attempt of which nothing was heard, or what is to be done to know it. */
export type Found =
  | { acted: { output: JsonValue } }
  | 'not_acted'
  | Omit<StepUncertain, 'unsent'>
  | Extract<CallWanted, { status: 'call' }>;

interface AttemptedCall {
  input: AgentCallInput;
  journal: Journal;
  files: AgentFiles;
  idempotencyKey: string;
  /** Has the workers of a queue asked what became of an attempt. */
  handOver: (queue: string, call: StepCall, attempt: number) => Promise<ToolCall>;
}

export class CallAttempts {
  constructor(
    private readonly deps: Pick<ActivityDependencies, 'log' | 'workspace' | 'toolQueueOf'>,
    private readonly of: AttemptedCall,
  ) {}

  /**
   * Journals that an attempt begins, unless one before it may have acted.
   * @returns the attempt, or what is known of the one before
   */
  async begin(call: StepCall, isFirst: boolean): Promise<number | Exclude<Found, 'not_acted'>> {
    const { hasNotActed = 0 } = this.of.input;
    if (isFirst && hasNotActed === 0 && (await this.start(call.tool, 1))) return 1;
    const begun = await this.begun();
    const isSettled = begun === hasNotActed || (await this.hasNotActed(begun));
    if (!isSettled && !this.mayRepeat(call.tool, begun)) {
      const found = await this.findOut(call, begun, `attempt ${begun} of ${call.tool.name} was cut off`);
      if (found !== 'not_acted') return found;
      if (begun >= MAX_ATTEMPTS)
        throw new PerdureError('tool_unavailable', `its worker was lost ${begun} times`);
    }
    if (await this.start(call.tool, begun + 1)) return begun + 1;
    // Another try of this activity, which Temporal has given up, has just begun it: that one is to be read first.
    throw retryLater(new PerdureError('tool_unavailable', `attempt ${begun + 1} has begun elsewhere`), 1);
  }

  /** Whether it may be made again although nobody knows what the attempt did. */
  mayRepeat({ keyed }: Tool, attempt: number): boolean {
    return keyed === true && attempt < MAX_ATTEMPTS;
  }

  async findOut(call: StepCall, attempt: number, why: string): Promise<Found> {
    const uncertain = { status: 'uncertain', attempt, why } as const;
    const { tool, args } = call;
    if (tool.verify === undefined) return uncertain;
    const { input, idempotencyKey, handOver } = this.of;
    const { tenantId, found } = input;
    const queue = this.deps.toolQueueOf(tool);
    if (queue !== null) {
      if (found === undefined) return { status: 'call', call: await handOver(queue, call, attempt) };
      if (found.outcome !== 'acted') return found.outcome === 'not_acted' ? 'not_acted' : uncertain;
      return { acted: { output: await loadOutput(this.deps.workspace, input, found.output) } };
    }
    const answer = await verifyTool(tool, args, { tenantId, idempotencyKey, attempt });
    if (answer?.outcome === 'not_acted') return 'not_acted';
    return answer?.outcome === 'acted' ? { acted: { output: answer.output } } : uncertain;
  }

  /** The attempt ended without an act. */
  noteNotActed(attempt: number): Promise<void> {
    const { turn, index } = this.of.input;
    return this.of.files.keepNotActed(turn, index, attempt);
  }

  private hasNotActed(attempt: number): Promise<boolean> {
    const { turn, index } = this.of.input;
    return this.of.files.hasNotActed(turn, index, attempt);
  }

  /** @returns false when it was begun before */
  private async start({ name }: Tool, attempt: number): Promise<boolean> {
    const { step, turn } = this.of.input;
    const key = this.key(attempt);
    const rows = await this.of.journal.append({
      type: 'agent.calling',
      key,
      at: now(),
      stepId: step.id,
      attempt: 1,
      data: { turn, tool: name },
    });
    const row = rows.find((r) => r.key === key);
    if (row === undefined) throw new PerdureError('run_closed', 'the run has ended');
    return row.inserted;
  }

  /** How many have begun. */
  private async begun(): Promise<number> {
    const { runId, hasNotActed = 0 } = this.of.input;
    // Each try of this activity begins one more at most, and so does a person's word.
    const most = hasNotActed + Math.max(MAX_ATTEMPTS, activityInfo().attempt);
    const keys = Array.from({ length: most }, (_, i) => this.key(i + 1));
    return (await this.deps.log.find(runId, keys)).length;
  }

  private key(attempt: number): string {
    const { step, turn, index } = this.of.input;
    return `step/${step.id}/call/${turn}-${index}/calling${attempt === 1 ? '' : `/${attempt}`}`;
  }
}
