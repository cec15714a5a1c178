/** `javascript`: untrusted code in QuickJS, compiled to WebAssembly, in a thread of its own, without any I/O. */
import { z } from 'zod';
import type { JsonValue } from '../../contracts/plan.js';
import { runInThread } from './run-in-thread.js';
import { defineTool } from './tool.js';
import { valueOf } from './worker-answer.js';

/** Milliseconds beside the code's own: the thread and the engine must start and end. */
const THREAD_MS = 5_000;

export const javascriptTool = defineTool({
  name: 'javascript',
  description:
    'Runs JavaScript in a sandbox without any I/O: `code` is the body of a function whose parameter is `data`, and ' +
    'returns a JSON value. Output: {value, logs}, where logs are the lines given to console.log.',
  args: z.strictObject({
    code: z.string().min(1).max(200_000),
    data: z.json().optional(),
    timeLimitMs: z.int().min(10).max(10_000).default(2_000),
  }),
  effect: 'read',
  timeoutSeconds: 30,
  execute: async (script, context) => ({ output: await runScript(script, context.signal) }),
});

/** @throws as runInThread does; PerdureError for what the code throws */
export async function runScript(
  { code, data, timeLimitMs }: { code: string; data?: JsonValue | undefined; timeLimitMs: number },
  signal: AbortSignal,
): Promise<{ value: JsonValue; logs: string[] }> {
  const answer = await runInThread({
    file: new URL('./javascript-worker.mjs', import.meta.url),
    data: { code, data: JSON.stringify(data ?? null), timeLimitMs },
    timeoutMs: timeLimitMs + THREAD_MS,
    heapMb: 128,
    signal,
  });
  const { json, logs } = valueOf(answer) as { json: string; logs: string[] };
  return { value: JSON.parse(json) as JsonValue, logs };
}
