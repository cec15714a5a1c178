/** `perdure runs plan` and `change-plan`: the plan of a run, shown and changed while it is carried out. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { gathered, wholeNumber } from '../option-values.js';

interface ChangeOptions {
  put?: string;
  remove?: string[];
  maxParallel?: number;
  planVersion?: number;
  json?: true;
}

export function registerPlans(runs: Command): void {
  runs
    .command('plan <id>')
    .description('print the plan of a run as JSON, as it is now')
    .option('--json', 'as it is without')
    .addHelpText('after', examples('perdure runs plan "$id"', 'perdure runs plan "$id" | jq ".steps[].id"'))
    .action(async (id: string) => {
      const { withServer } = await import('../server.js');
      const { writeJson } = await import('../output.js');
      await withServer(async (client, signal) => {
        writeJson((await client.get(id, { signal })).plan);
      });
    });
  runs
    .command('change-plan <id>')
    .description('change steps of a run that have not begun')
    .option(
      '--put <json>',
      'a step, or a list of them, to take the place of those with their ids or to be added',
    )
    .option('--remove <step>', 'take a step out; may be repeated', gathered)
    .option('--max-parallel <count>', 'steps that may run side by side', wholeNumber)
    .option('--plan-version <number>', 'refuse when the plan has another version by now', wholeNumber)
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      examples(
        `perdure runs change-plan "$id" --put '{"id": "report", "tool": "echo", "args": {"text": "done"}}'`,
        'perdure runs change-plan "$id" --remove draw --plan-version 1',
      ),
    )
    .action(async (id: string, options: ChangeOptions) => {
      const { changePlan } = await import('../change-plan.js');
      await changePlan(id, options);
    });
}
