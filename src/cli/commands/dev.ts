/** `perdure dev`: everything in one process. */
import type { Command } from 'commander';
import { examples } from '../examples.js';

export function registerDev(program: Command): void {
  program
    .command('dev')
    .description('run the whole of perdure on this machine: what is not configured is embedded (npm start)')
    .addHelpText('after', examples('perdure dev', 'PORT=0 PERDURE_DATA_DIR=/tmp/try perdure dev'))
    .action(async () => {
      const { runDev } = await import('../../stack/main.js');
      await runDev();
    });
}
