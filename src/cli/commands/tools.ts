/** `perdure tools`: what plans can call, and what of MCP servers may be. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { exitCodes } from '../exit-codes.js';
import { writeJson, writeTable } from '../output.js';
import { printable } from '../printable.js';

export function registerTools(program: Command): void {
  const tools = program
    .command('tools')
    .description('what the steps of a plan can call')
    .addHelpText('after', examples('perdure tools ls', 'perdure tools check'));
  tools
    .command('ls')
    .description('list the tools')
    .option('--json', 'print them as JSON, with the schemas of their arguments')
    .addHelpText('after', examples('perdure tools ls', 'perdure tools ls --json | jq ".[].inputSchema"'))
    .action(listTools);
  tools
    .command('check')
    .argument('[server]', 'one of mcp.yaml; all unless told')
    .description('hold what MCP servers offer against what was accepted; exit code 1 where it differs')
    .option('--json', 'print the differences as JSON')
    .addHelpText('after', examples('perdure tools check', 'perdure tools check github --json'))
    .action((server: string | undefined, options: { json?: true }) => compare(server, options, false));
  tools
    .command('accept')
    .argument('[server]', 'one of mcp.yaml; all unless told')
    .description('accept what MCP servers offer now, and write it to mcp.lock.json')
    .option('--json', 'print the differences as JSON')
    .addHelpText(
      'after',
      `${examples('perdure tools accept github')}
What is accepted is what models are told. Read it before you do: its words may be meant for a model, and not for you.
API and workers take it with their next start.`,
    )
    .action((server: string | undefined, options: { json?: true }) => compare(server, options, true));
}

async function listTools({ json }: { json?: true }): Promise<void> {
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
}

async function compare(only: string | undefined, { json }: { json?: true }, accept: boolean): Promise<void> {
  const { compareTools } = await import('../../stack/main.js');
  const reports = await compareTools({ ...(only === undefined ? {} : { only }), accept });
  if (json === true) writeJson(reports);
  else
    for (const { server, changes, error } of reports) {
      if (error !== null) process.stdout.write(`${printable(error)}\n`);
      else if (changes.length === 0) process.stdout.write(`${server}: as it was accepted\n`);
      for (const { tool, change, readOnlyHint, description } of changes) {
        const hint = readOnlyHint === true ? ', says that it only reads' : '';
        process.stdout.write(`${server}: ${printable(tool)} (${change}${hint})\n`);
        for (const line of description.split('\n')) process.stdout.write(`    ${printable(line)}\n`);
      }
    }
  const isWrong = reports.some(({ changes, error }) => error !== null || (!accept && changes.length > 0));
  if (isWrong) process.exitCode = exitCodes.failed;
}
