/** Tools that do what their test tells them, or tell it what they did. */
import { z } from 'zod';
import { defineTool, type Tool } from '../../../src/tools/tool.js';

/** @param sent told of each act, with whom it was to */
export const sendTool = (sent: (to: string) => void): Tool =>
  defineTool({
    name: 'send',
    description: 'cannot be undone',
    args: z.strictObject({ to: z.string() }),
    effect: 'irreversible',
    timeoutSeconds: 10,
    execute({ to }) {
      sent(to);
      return Promise.resolve({ output: { to } });
    },
  });

/** @param gates has, by the name in its arguments, what lets a call end that has begun */
export const gatedTool = (gates: Map<string, () => void>): Tool =>
  defineTool({
    name: 'gated',
    description: 'ends when it is told to',
    args: z.strictObject({ name: z.string() }),
    effect: 'reversible',
    timeoutSeconds: 60,
    execute: ({ name }) =>
      new Promise((resolve) => {
        gates.set(name, () => {
          resolve({ output: { name } });
        });
      }),
  });
