/** `perdure runs retry` and `fork`: runs that go on from another one. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { gathered, pair } from '../option-values.js';

interface Options {
  repeat?: string[];
  idempotencyKey?: string;
  follow: boolean;
  json?: true;
}

interface ForkOptions extends Options {
  from: string;
  goal?: string;
  agent?: string;
  tool?: string;
  args?: string;
  metadata?: Record<string, string>;
}

export function registerRetry(runs: Command): void {
  shared(
    runs
      .command('retry <id>')
      .description('do a run again from where it failed; what has completed is reused'),
  )
    .addHelpText('after', examples('perdure runs retry "$id"', 'perdure runs retry "$id" --repeat pay'))
    .action(async (id: string, options: Options) => {
      const { goOn } = await import('../go-on.js');
      await goOn(options, (client, call) => client.retry(id, call));
    });
}

export function registerFork(runs: Command): void {
  shared(
    runs
      .command('fork <id>')
      .description('have a run done otherwise from one of its steps; what does not build on it is reused')
      .requiredOption('--from <step>', 'the step')
      .option('--goal <text>', 'another goal')
      .option('--agent <name>', 'another agent')
      .option('--tool <name>', 'another tool for that step')
      .option('--args <json>', 'other arguments for that step')
      .option('-m, --metadata <name=value>', 'instead of its own; may be repeated', pair),
  )
    .addHelpText('after', examples('perdure runs fork "$id" --from report --args \'{"template": "..."}\''))
    .action(async (id: string, { from, goal, agent, tool, args, metadata, ...options }: ForkOptions) => {
      const { goOn, readArgs } = await import('../go-on.js');
      const fork = {
        fromStep: from,
        ...(goal === undefined ? {} : { goal }),
        ...(agent === undefined ? {} : { agent }),
        ...(tool === undefined ? {} : { tool }),
        ...(args === undefined ? {} : { args: readArgs(args) }),
        ...(metadata === undefined ? {} : { metadata }),
      };
      await goOn(options, (client, { repeat, ...call }) =>
        client.fork(id, { ...fork, ...(repeat === undefined ? {} : { repeat }) }, call),
      );
    });
}

const shared = (command: Command): Command =>
  command
    .option('--repeat <step>', 'an irreversible step that may be done again; may be repeated', gathered)
    .option('--idempotency-key <key>', 'the same key and request again meet the same run')
    .option('--follow', 'stay until it ends', true)
    .option('--no-follow', 'print the id of the new run and let it go on')
    .option('--json', 'print the events as JSON lines; with --no-follow, the run as JSON');
