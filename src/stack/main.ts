/** `npm start`: starts the stack, says where everything is, and drains it when asked to end. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import pc from 'picocolors';
import { processEnvironment, readConfig } from '../config/env.js';
import { startStack, type Stack } from './start-stack.js';

/** Where the build put this file: dist/src/stack. */
export const builtRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
/** Milliseconds that a drain may take. */
const DRAIN_MS = 30_000;

export async function main(): Promise<void> {
  const env = processEnvironment();
  let stack: Stack | undefined;
  let starting = true;
  const stop = closeWithGrace({ delay: DRAIN_MS, logger: false }, async ({ err, signal }) => {
    if (err !== undefined) console.error('perdure:', err);
    if (signal !== undefined) console.log(pc.dim('\nstopping; a second Ctrl-C ends at once'));
    // What a start interrupted here has opened ends with this process (the servers by their guardians).
    await stack?.release();
    if (!starting) console.log(pc.dim('stopped'));
  });
  try {
    stack = await startStack({
      config: readConfig(),
      env,
      builtRoot,
      onProgress: (line) => {
        console.log(pc.dim(line));
      },
    });
  } catch (error) {
    stop.uninstall();
    throw error;
  }
  starting = false;
  console.log(welcome(stack));
  const lost = await stack.lost;
  stack.logger.error({}, `${lost} ended by itself; stopping`);
  process.exitCode = 1;
  stop.close();
}

function welcome({ apiUrl, uiUrl, dataDir }: Stack): string {
  const body = {
    goal: 'Say hello',
    plan: { steps: [{ id: 'hello', tool: 'echo', args: { text: 'Hello' } }] },
  };
  const warning = /\/\/(?:127\.|localhost|\[::1\])/.test(apiUrl)
    ? ''
    : pc.yellow('\n  Anybody who reaches this address can start runs: there is no sign-in yet.\n');
  return `
${pc.bold('perdure is ready')}
  API              ${pc.cyan(apiUrl)}
  Temporal Web UI  ${pc.cyan(uiUrl ?? 'that of your Temporal')}
  data             ${dataDir}
${warning}
Try it:
  curl -s ${apiUrl}/v1/runs -H 'content-type: application/json' -d '${JSON.stringify(body)}'
  curl -N ${apiUrl}/v1/runs/<id>/events

Ctrl-C stops everything.
`;
}
