/** What workers of tools do: they make calls, and say what became of them. Whose call it is they are told, and no more. */
import { activityInfo, cancellationDetails, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { PerdureError } from '../contracts/errors.js';
import type {
  Called,
  FoundOut,
  GivenToTool,
  ToolActivities,
  ToolCallInput,
} from '../contracts/tool-calls.js';
import type { EventBus } from '../src/ports/event-bus.js';
import type { RunMeter } from '../src/ports/meters.js';
import type { Tracer } from '../src/ports/tracer.js';
import type { Workspace } from '../src/ports/workspace.js';
import type { Tool, ToolResult } from '../src/tools/tool.js';
import { callTool } from './call-tool.js';
import type { ActivityDependencies } from './dependencies.js';
import { checkReach } from './reach.js';
import { loadOutput, outputPath, storePatiently } from './step-output.js';
import { toFailure, toolError } from './to-failure.js';
import { createToolContext } from './tool-context.js';
import { createToolFiles } from './tool-files.js';
import { verifyTool } from './verify-tool.js';

/** No records, no models, no keys of either. */
export interface ToolActivityDependencies {
  tools: ActivityDependencies['tools'];
  workspace: Workspace;
  bus: EventBus;
  meter: Pick<RunMeter, 'toolCalled'>;
  tracer: Tracer;
}

export function createToolActivities(deps: ToolActivityDependencies): ToolActivities {
  return {
    callTool: (input) => new Call(deps, input).make(),
    async verifyCall(input) {
      try {
        return await verify(deps, input);
      } catch (error) {
        throw toFailure(error, activityInfo().attempt);
      }
    },
  };
}

/** Milliseconds and files are told of whatever becomes of it. */
type Outcome = Called extends infer Of ? (Of extends Called ? Omit<Of, keyof Told> : never) : never;
type Told = Pick<Called, 'attempt' | 'artifacts' | 'durationMs'>;

class Call {
  private readonly began = Date.now();
  private readonly files: ReturnType<typeof createToolFiles>;

  constructor(
    private readonly deps: ToolActivityDependencies,
    private readonly input: ToolCallInput,
  ) {
    this.files = createToolFiles(deps.workspace, input);
  }

  /** @throws ApplicationFailure or CancelledFailure whose first detail is what became of it */
  async make(): Promise<Called> {
    let result: ToolResult;
    try {
      result = await this.call();
    } catch (error) {
      throw this.failure(error);
    }
    if (!('output' in result)) {
      const wait =
        'deferUntil' in result
          ? { until: result.deferUntil.toISOString() }
          : { seconds: result.deferSeconds };
      return this.told({ outcome: 'deferred', wait });
    }
    const { keep, attempt } = this.input.call;
    if (keep !== 'output')
      return this.told({ outcome: 'text', text: JSON.stringify(result.output).slice(0, keep.characters) });
    const path = outputPath(this.input.stepId, attempt);
    const stored = await storePatiently(this.deps.workspace, this.input, path, result.output);
    if (stored instanceof PerdureError)
      throw this.asFailure(stored, this.told({ outcome: 'not_stored', error: stored.toInfo() }));
    return this.told({ outcome: 'completed', output: stored });
  }

  private async call(): Promise<ToolResult> {
    const { runId, tenantId, stepId, call } = this.input;
    const { tool, args, reach } = await taken(this.deps, this.input);
    const { context, end } = createToolContext(this.deps.bus, {
      ...{ runId, tenantId, stepId, attempt: call.attempt, files: this.files.files },
      idempotencyKey: call.idempotencyKey,
      reach: async (url) => {
        await Promise.resolve();
        checkReach(reach, url);
      },
    });
    try {
      return await callTool(this.deps, tool, args, context);
    } finally {
      end();
    }
  }

  private failure(thrown: unknown): Error {
    if (cancellationSignal().aborted) {
      if (cancellationDetails()?.cancelRequested === true)
        return new CancelledFailure('the run was cancelled', [this.told({ outcome: 'stopped' })]);
      return this.failed(
        new PerdureError('worker_stopped', 'the worker was stopped while the tool was running'),
      );
    }
    return this.failed(toolError(thrown));
  }

  private failed(error: PerdureError): ApplicationFailure {
    const { retryAfterSeconds } = error;
    const later = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return this.asFailure(error, this.told({ outcome: 'failed', error: error.toInfo(), ...later }));
  }

  /** Who is asked again is decided where the step is journalled, never here. */
  private asFailure(error: PerdureError, called: Called): ApplicationFailure {
    return ApplicationFailure.create({
      message: error.message,
      type: error.code,
      nonRetryable: true,
      details: [called],
      cause: error,
    });
  }

  private told(outcome: Outcome): Called {
    const { attempt } = this.input.call;
    return {
      ...outcome,
      attempt,
      artifacts: this.files.artifacts(),
      durationMs: Date.now() - this.began,
    };
  }
}

async function verify(deps: ToolActivityDependencies, input: ToolCallInput): Promise<FoundOut> {
  const { tenantId, stepId, call } = input;
  const { tool, args } = await taken(deps, input);
  const { attempt, idempotencyKey } = call;
  const found = await verifyTool(tool, args, { tenantId, attempt, idempotencyKey });
  if (found?.outcome !== 'acted') return { outcome: found?.outcome ?? 'unknown' };
  const output = await storePatiently(deps.workspace, input, outputPath(stepId, attempt), found.output);
  if (output instanceof PerdureError) throw output;
  return { outcome: 'acted', output };
}

/** The tool and what it is given, as its own schema reads it here. @throws PerdureError */
async function taken(
  { tools, workspace }: ToolActivityDependencies,
  { call, ...scope }: ToolCallInput,
): Promise<{ tool: Tool; args: unknown; reach: GivenToTool['reach'] }> {
  const tool = tools.get(call.tool);
  if (tool === undefined)
    throw new PerdureError('tool_unavailable', `this worker of tools has no tool "${call.tool}"`);
  const given = (await loadOutput(workspace, scope, call.given)) as unknown as GivenToTool;
  return { tool, args: tools.parseArgs(tool, given.args), reach: given.reach };
}
