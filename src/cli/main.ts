/** `perdure`: reads the command line and runs what it asks for. */
import { CommanderError } from 'commander';
import { CliError, exitCodes } from './exit-codes.js';
import { leaveWithReaders } from './readers.js';
import { createProgram } from './program.js';

/** @throws what the command throws; scripts/run.mjs prints it, and exits with its `exitCode` */
export async function main(argv: readonly string[]): Promise<void> {
  const asJson = argv.includes('--json');
  leaveWithReaders();
  try {
    await createProgram({ asJson }).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no misuse.
    if (error.exitCode === 0) return;
    if (asJson) throw new CliError(error.message.replace(/^error: /, ''), exitCodes.misused);
    // Commander has printed what there is to say.
    process.exitCode = exitCodes.misused;
  }
}
