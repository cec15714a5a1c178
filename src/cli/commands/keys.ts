/** `perdure keys`: API keys, made and revoked by whoever can reach the records. */
import type { Command } from 'commander';
import { CliError } from '../exit-codes.js';
import { examples } from '../examples.js';

export function registerKeys(program: Command): void {
  program
    .command('keys')
    .description('make, list and revoke API keys')
    .addHelpText('after', examples('perdure keys ls'))
    .action(() => {
      throw new CliError('perdure keys is not there yet.');
    });
}
