/** `perdure tools`: what plans can call. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { writeJson, writeTable } from '../output.js';

export function registerTools(program: Command): void {
  program
    .command('tools')
    .description('what the steps of a plan can call')
    .command('ls')
    .description('list the tools')
    .option('--json', 'print them as JSON, with the schemas of their arguments')
    .addHelpText('after', examples('perdure tools ls', 'perdure tools ls --json | jq ".[].inputSchema"'))
    .action(async ({ json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const { tools } = await client.tools({ signal });
        if (json === true) {
          writeJson(tools);
          return;
        }
        writeTable(
          ['NAME', 'EFFECT', 'LIMIT', 'DOES'],
          tools.map((tool) => [
            tool.name,
            tool.effect,
            `${tool.timeoutSeconds} s`,
            tool.description.split(/(?<=\.)\s/)[0] ?? '',
          ]),
        );
      });
    });
}
