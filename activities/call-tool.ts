/** One call of a tool, within its time and stopped when its activity is. */
import { cancellationSignal } from '@temporalio/activity';
import { PerdureError } from '../contracts/errors.js';
import type { RunMeter } from '../src/ports/meters.js';
import type { Tracer } from '../src/ports/tracer.js';
import type { Tool, ToolContext, ToolResult } from '../src/tools/tool.js';
import { toolError } from './to-failure.js';

/**
 * Milliseconds for which the process may have stood still, stopped as a whole, before a tool must not go on: Temporal
 * has given its activity away by then (HEARTBEAT_TIMEOUT in workflows/activity-options.ts).
 */
const LAPSE_MS = 5_000;
/** Whoever wakes does first what was due first: what a tool does within so many milliseconds it may do still. */
const TICK_MS = 200;

/**
 * @throws what the tool throws, the cancellation's reason, or PerdureError `tool_timeout`, `worker_stopped`: at once, for a tool
 *   that does not heed its signal must not hold the step
 */
export const callTool = (
  { tracer, meter }: { tracer: Tracer; meter: Pick<RunMeter, 'toolCalled'> },
  ...[tool, args, context, limitMs]: Parameters<typeof call>
): Promise<ToolResult> =>
  tracer.within(
    {
      name: `execute_tool ${tool.name}`,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool.name,
        'gen_ai.tool.type': 'function',
        'perdure.tool.effect': tool.effect,
        'perdure.tool.source': tool.source,
        'perdure.attempt': context.attempt,
      },
    },
    () => measured(meter, tool, call(tool, args, context, limitMs)),
  );

async function measured(
  meter: Pick<RunMeter, 'toolCalled'>,
  { name }: Tool,
  calling: Promise<ToolResult>,
): Promise<ToolResult> {
  const began = performance.now();
  const tell = (outcome: string): void => {
    meter.toolCalled(name, outcome, (performance.now() - began) / 1_000);
  };
  try {
    const result = await calling;
    tell('completed');
    return result;
  } catch (error) {
    tell(cancellationSignal().aborted ? 'stopped' : toolError(error).code);
    throw error;
  }
}

async function call(
  tool: Tool,
  args: unknown,
  context: Omit<ToolContext, 'signal'>,
  limitMs = tool.timeoutSeconds * 1000,
): Promise<ToolResult> {
  const stop = new AbortController();
  const cancelled = cancellationSignal();
  const onCancel = (): void => {
    stop.abort(cancelled.reason);
  };
  if (cancelled.aborted) onCancel();
  // Taken off again below, as is all else that would keep this call's result alive after it.
  cancelled.addEventListener('abort', onCancel, { once: true });
  const timer = setTimeout(() => {
    stop.abort(new PerdureError('tool_timeout', `${tool.name} took longer than ${limitMs / 1000} s`));
  }, limitMs);
  let last = performance.now();
  const watch = setInterval(() => {
    const still = performance.now() - last;
    last = performance.now();
    if (still > LAPSE_MS)
      stop.abort(
        new PerdureError('worker_stopped', `the worker stood still for ${Math.round(still / 1000)} s`),
      );
  }, TICK_MS);
  try {
    return await new Promise<ToolResult>((resolve, reject) => {
      const onStop = (): void => {
        reject(stop.signal.reason instanceof Error ? stop.signal.reason : new Error('aborted'));
      };
      if (stop.signal.aborted) {
        onStop();
        return;
      }
      stop.signal.addEventListener('abort', onStop, { once: true });
      tool.execute(args, { ...context, signal: stop.signal }).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    cancelled.removeEventListener('abort', onCancel);
  }
}
