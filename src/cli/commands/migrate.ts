/** `perdure migrate`: brings the database's schema to what this build needs. */
import type { Command } from 'commander';
import { CliError } from '../exit-codes.js';
import { examples } from '../examples.js';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('apply the migrations to the database of DATABASE_URL')
    .option('--json', 'print what was applied as JSON')
    .addHelpText('after', examples('DATABASE_URL=postgres://postgres@db/postgres perdure migrate'))
    .action(() => {
      throw new CliError('perdure migrate is not there yet.');
    });
}
