/** `perdure`: reads the command line and runs what it asks for. */
import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.js';
import { createProgram } from './program.js';

/** @throws what the command throws; scripts/run.mjs prints it, and exits with its `exitCode` */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed what there is to say. Help that was asked for is no misuse.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.misused;
  }
}
