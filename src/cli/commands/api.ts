/** `perdure api`: an API process of its own. */
import type { Command } from 'commander';
import { examples } from '../examples.js';

export function registerApi(program: Command): void {
  program
    .command('api')
    .description('run the HTTP API alone, on back ends that are configured')
    .addHelpText('after', examples('perdure api', 'PORT=8080 PERDURE_HOST=0.0.0.0 perdure api'))
    .action(async () => {
      const { runApi } = await import('../../stack/main.js');
      await runApi();
    });
}
