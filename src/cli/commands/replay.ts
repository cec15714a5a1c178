/** `perdure replay`: whether this build can go on with the runs of a live namespace. */
import type { Command } from 'commander';
import { CliError, exitCodes } from '../exit-codes.js';
import { examples } from '../examples.js';
import { wholeNumber } from '../option-values.js';
import { writeJson } from '../output.js';
import { printable } from '../printable.js';

const UNITS = { h: 3_600_000, d: 86_400_000 } as const;

export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('replay the histories of open and recent runs by this build: a gate before a deployment')
    .option('--since <age>', 'ended runs of this age at most, such as 7d or 12h; open ones always', '7d')
    .option('-n, --limit <count>', 'how many at most', wholeNumber, 1_000)
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `${examples('perdure replay --since 7d', 'perdure replay --json | jq ".divergences[].workflowId"')}
It reads from the Temporal of TEMPORAL_ADDRESS and changes nothing there. Exit code 0: this build can go on with all of
them; 1: it cannot with those that are named; 2 and 5: it could not look, since Temporal refused or cannot be reached.`,
    )
    .action(async ({ since, limit, json }: { since: string; limit: number; json?: true }) => {
      const [, count, unit] = /^(\d+)([hd])$/.exec(since) ?? [];
      if (count === undefined || unit === undefined)
        throw new CliError(
          `--since must be a number of days or hours such as 7d or 12h, not ${since}`,
          exitCodes.misused,
        );
      const { runReplay } = await import('../../stack/main.js');
      const report = await runReplay(new Date(Date.now() - Number(count) * UNITS[unit as 'h' | 'd']), limit);
      if (json === true) writeJson(report);
      else {
        for (const { workflowId, executionId, open, event, difference } of report.divergences)
          process.stdout.write(
            `${workflowId} (${executionId}, ${open ? 'open' : 'ended'})${event === null ? '' : `, event ${event.id} ${event.type}`}: ${printable(difference)}\n`,
          );
        process.stdout.write(
          `${report.replayed} histories replayed, ${report.open} of them open: ${report.divergences.length} diverge\n`,
        );
        if (report.more)
          process.stdout.write(`there are more: the newest ${limit} were looked at (--limit)\n`);
      }
      if (report.divergences.length > 0) process.exitCode = exitCodes.failed;
    });
}
