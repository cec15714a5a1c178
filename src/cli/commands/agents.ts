/** `perdure agents`: who can carry a goal out. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { writeJson, writeTable } from '../output.js';

export function registerAgents(program: Command): void {
  program
    .command('agents')
    .description('who can carry a goal out')
    .addHelpText('after', examples('perdure agents ls'))
    .command('ls')
    .description('list the agents')
    .option('--json', 'print them as JSON, with their tools and models')
    .addHelpText('after', examples('perdure agents ls', 'perdure agents ls --json'))
    .action(async ({ json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const { agents } = await client.agents({ signal });
        if (json === true) {
          writeJson(agents);
          return;
        }
        writeTable(
          ['NAME', 'PLANS BY', 'TOOLS', 'DESCRIPTION'],
          agents.map(({ name, models, tools, description }) => [
            name,
            models.planner[0] ?? '-',
            String(tools.length),
            description,
          ]),
        );
      });
    });
}
