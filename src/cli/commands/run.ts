/** `perdure run`: submits a run and follows it. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { budget, gathered, pair, wholeNumber } from '../option-values.js';
import type { RunOptions } from '../submission.js';

interface Options extends RunOptions {
  idempotencyKey?: string;
  follow: boolean;
  json?: true;
}

export function registerRun(program: Command): void {
  program
    .command('run <goal>')
    .description('submit a run and follow it to its end; its result is printed')
    .option('-p, --plan <file>', 'the plan, as JSON; - for standard input')
    .option(
      '-f, --file <local[=path]>',
      'a file for its workspace, there called path; may be repeated',
      gathered,
    )
    .option('-d, --data <json>', 'its inputs.data')
    .option('-m, --metadata <name=value>', 'to find it by; may be repeated', pair)
    .option('--priority <1-5>', '1 goes first, 5 last', wholeNumber)
    .option('--agent <name>', 'which agent plans it')
    .option(
      '--budget <limits>',
      'steps, tokens, cost (US dollars) and seconds that it may use, and whether it fails or pauses then',
      budget,
    )
    .option('--webhook <url>', 'who is told of its end')
    .option('--idempotency-key <key>', 'the same key and request again meet the same run')
    .option('--follow', 'stay until it ends', true)
    .option('--no-follow', 'print its id and let it run')
    .option('--json', 'print the events as JSON lines; with --no-follow, the run as JSON')
    .addHelpText(
      'after',
      examples(
        'perdure run "Greet" --plan plan.json',
        'perdure run "Report on the weather" --plan plan.json --file data.csv=input/data.csv --metadata team=blue',
        'id=$(perdure run "Nightly job" --plan plan.json --idempotency-key nightly-1 --no-follow)',
        'perdure run "Report on the weather" --budget tokens=200000,cost=0.5,then=pause',
        'perdure run "Greet" --plan plan.json --json | jq -c "select(.type == \\"step.completed\\") | .output"',
      ),
    )
    .action(async (goal: string, options: Options) => {
      const [{ readSubmission }, { withServer }, { runAndFollow }] = await Promise.all([
        import('../submission.js'),
        import('../server.js'),
        import('../run-and-follow.js'),
      ]);
      const submission = await readSubmission(goal, options);
      await withServer((client, signal) => runAndFollow(client, submission, { ...options, signal }));
    });
}
