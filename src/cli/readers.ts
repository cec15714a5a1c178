/** Whoever reads what a command prints. */
import { exitCodes } from './exit-codes.js';

/** Ends the command when its reader has what it wanted, as `head` does. Servers go on: see stack/lifecycle.ts. */
export function leaveWithReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      // What is told on standard error is not what was asked for.
      if (stream === process.stdout) process.exit(exitCodes.ok);
    });
}
