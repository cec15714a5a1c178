/** `perdure doctor`: whether everything that a run needs works, shown by using it. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { exitCodes } from '../exit-codes.js';
import { writeJson, writeTable } from '../output.js';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check settings, back ends, workers and open runs, and send a run through the whole path')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `${examples('perdure doctor', 'perdure doctor --json | jq .healthy')}
It asks the server of PERDURE_URL (signing in with PERDURE_TOKEN), and every back end that is configured here.
Exit code 0: nothing fails; 1: something does.`,
    )
    .action(async ({ json }: { json?: true }) => {
      const { runDoctor } = await import('../../stack/main.js');
      const report = await runDoctor();
      if (json === true) writeJson(report);
      else
        writeTable(
          ['', 'WHAT', 'MS', 'FOUND'],
          report.lines.map(({ name, state, detail, ms }) => [
            state,
            name,
            ms === null ? '' : String(ms),
            detail,
          ]),
        );
      if (!report.healthy) process.exitCode = exitCodes.failed;
      // What an examined part has left open must not hold the answer back.
      process.stdout.write('', () => process.exit());
    });
}
