/** Whether code can be run in the sandbox, which the start of each worker that runs it tries. */
import { runScript } from '../tools/javascript.js';
import type { Check } from './verify.js';

export const sandboxCheck: Check = {
  name: 'sandbox',
  what: 'QuickJS in a thread of its own',
  required: true,
  async use() {
    const { value } = await runScript(
      { code: 'return 6 * 7', timeLimitMs: 5_000 },
      AbortSignal.timeout(14_000),
    );
    if (value !== 42) throw new Error(`6 * 7 is ${JSON.stringify(value)} there`);
  },
};
