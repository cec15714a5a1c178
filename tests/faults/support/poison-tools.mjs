/** Tools as nobody should write them: each does the worker that runs it, or its own step, some harm. */

export function poisonTools({ defineTool, z }) {
  const poison = (name, execute) =>
    defineTool({
      name,
      description: 'does harm',
      args: z.strictObject({}),
      effect: 'reversible',
      timeoutSeconds: 3,
      maxAttempts: 2,
      execute,
    });
  return [
    poison('throw_at_once', () => {
      throw new TypeError('thrown, and not rejected');
    }),
    poison('never_end', () => new Promise(() => undefined)),
    poison('spin', function spinForEver() {
      for (;;);
    }),
    poison('eat_memory', () => {
      const eaten = [];
      for (;;) eaten.push({ text: `${eaten.length}`.repeat(100) });
    }),
    poison('put_out_too_much', async () => ({ output: 'x'.repeat(40_000_000) })),
    poison('no_json', async () => {
      const output = {};
      output.self = output;
      return { output };
    }),
  ];
}
