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

/** A process that has met one of these is not to be trusted with a drain; caught, it may spin for ever. */
const faults = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

export async function main(): Promise<void> {
  const interrupted = new AbortController();
  const starting = start(interrupted.signal);
  const onTimeout = (): void => {
    console.error(`perdure: not everything had ended after ${DRAIN_MS / 1_000} seconds; leaving it.`);
  };
  // A terminal that is closed, or a pipe whose reader has gone, must not end the drain half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stop = closeWithGrace(
    { delay: DRAIN_MS, logger: false, onTimeout, skip: [...faults] },
    async ({ err, signal }) => {
      if (err !== undefined) console.error('perdure:', err);
      if (signal !== undefined) console.log(pc.dim('\nstopping; a second Ctrl-C ends at once'));
      // A start that is under way ends at its next step and closes what it has opened.
      interrupted.abort();
      const stack = await starting.catch(() => undefined);
      await stack?.release();
      console.log(pc.dim('stopped'));
      // Nobody asked for this end: what is thrown here becomes exit code 1.
      if (err === undefined && signal === undefined) throw new Error('a server was lost');
    },
  );
  let stack: Stack;
  try {
    stack = await starting;
  } catch (error) {
    // Interrupted, the handler above has the last word.
    if (interrupted.signal.aborted) return;
    stop.uninstall();
    throw error;
  }
  console.log(welcome(stack));
  const lost = await stack.lost;
  if (interrupted.signal.aborted) return;
  console.error(`perdure: ${lost}. The logs are in ${stack.dataDir}/logs; npm start goes on with the runs.`);
  stop.close();
}

// An async function: a variable that cannot be used is a failed start like any other.
const start = async (signal: AbortSignal): Promise<Stack> =>
  startStack({ config: readConfig(), env: processEnvironment(), builtRoot, onProgress, signal });

/** One line at a time about what a start waits for. */
export const onProgress = (line: string): void => {
  console.log(pc.dim(line));
};

function welcome({ apiUrl, uiUrl, dataDir }: Stack): string {
  const body = {
    goal: 'Say hello',
    plan: {
      steps: [
        { id: 'hello', tool: 'echo', args: { text: 'Hello' } },
        { id: 'pause', tool: 'wait', args: { seconds: 2 }, dependsOn: ['hello'] },
        {
          id: 'again',
          tool: 'echo',
          args: { text: '{{steps.hello.output.text}} again' },
          dependsOn: ['pause'],
        },
      ],
    },
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
Try it: submit a run and watch it in one call
  curl -N ${apiUrl}/v1/runs -H 'accept: text/event-stream' -H 'content-type: application/json' -d '${JSON.stringify(body)}'

Ctrl-C stops everything.
`;
}
