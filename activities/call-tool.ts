/** One call of a tool, within its time and stopped when its activity is. */
import { cancellationSignal } from '@temporalio/activity';
import { PerdureError } from '../contracts/errors.js';
import type { Tool, ToolContext, ToolResult } from '../src/tools/tool.js';

/**
 * @throws what the tool throws, the cancellation's reason, or PerdureError `tool_timeout`: at once, for a tool
 *   that does not heed its signal must not hold the step
 */
export async function callTool(
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
    cancelled.removeEventListener('abort', onCancel);
  }
}
