/** `perdure worker`: a worker process of its own. */
import type { Command } from 'commander';
import { examples } from '../examples.js';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run a worker alone, on back ends that are configured')
    .addHelpText('after', examples('perdure worker', 'PERDURE_WORKER_PORT=8081 perdure worker'))
    .action(async () => {
      const { runWorkerProcess } = await import('../../stack/main.js');
      await runWorkerProcess();
    });
}
