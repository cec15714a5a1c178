/** What `npm start` starts, with two tools more: one that is an activity of its own, one that says as much as it is told. */
import path from 'node:path';
import { z } from 'zod';
import { processEnvironment, readConfig } from '../../src/config/env.js';
import { startStack } from '../../src/stack/start-stack.js';
import { defineTool } from '../../src/tools/tool.js';

const noop = defineTool({
  name: 'noop',
  description: 'Does nothing.',
  args: z.strictObject({}),
  effect: 'read',
  timeoutSeconds: 10,
  execute: () => Promise.resolve({ output: {} }),
});

const text = defineTool({
  name: 'text',
  description: 'Answers so many bytes.',
  args: z.strictObject({ bytes: z.int().positive() }),
  effect: 'read',
  quick: true,
  timeoutSeconds: 10,
  execute: ({ bytes }) => Promise.resolve({ output: 'x'.repeat(bytes) }),
});

const [dataDir, temporalPort, settings = '{}'] = process.argv.slice(2);
const stack = await startStack({
  config: readConfig({
    ...(JSON.parse(settings) as Record<string, string>),
    PERDURE_DATA_DIR: dataDir,
    PORT: '0',
    TEMPORAL_PORT: temporalPort,
    TEMPORAL_UI_PORT: '0',
  }),
  env: processEnvironment(),
  builtRoot: path.join(process.cwd(), 'dist'),
  tools: [noop, text],
  onProgress: () => undefined,
});
process.on('disconnect', () => {
  void stack.release().then(() => process.exit(0));
});
process.send?.({ apiUrl: stack.apiUrl });
