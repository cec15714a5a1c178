/** `perdure runs`: what runs there are, what happened in one, and cancelling it. */
import { InvalidArgumentError, type Command } from 'commander';
import { runStatuses, type RunStatus } from '../../../contracts/statuses.js';
import type { Client, Run, RunFilter, TopUp } from '../../client/client.js';
import { examples } from '../examples.js';
import { registerFork, registerRetry } from './forks.js';
import { registerPlans } from './plans.js';
import { budget, pair, wholeNumber } from '../option-values.js';

export function registerRuns(program: Command): void {
  const runs = program
    .command('runs')
    .description('list, show, watch, pause, cancel, retry and fork runs')
    .addHelpText(
      'after',
      examples(
        'perdure runs ls --status failed --metadata team=blue',
        'perdure runs show 01a20ece-690c-7598-bf9a-20235bb31fd5 --json',
        'perdure runs why 01a20ece-690c-7598-bf9a-20235bb31fd5',
        'perdure runs events 01a20ece-690c-7598-bf9a-20235bb31fd5 --after 12',
        'perdure runs cancel 01a20ece-690c-7598-bf9a-20235bb31fd5 --reason "no longer needed"',
      ),
    );
  registerList(runs);
  registerShow(runs);
  registerWhy(runs);
  registerEvents(runs);
  registerAsking(runs, {
    name: 'cancel',
    does: 'cancel a run; what it has begun is told to stop',
    example: 'perdure runs cancel "$id" --reason "no longer needed"',
    says: (id) => `the cancel of ${id} is on its way`,
  });
  registerAsking(runs, {
    name: 'pause',
    does: 'let a run begin nothing more; what is under way comes to its end',
    example: 'perdure runs pause "$id" --reason "looking into it"',
    says: (id) => `the pause of ${id} is on its way`,
  });
  registerAsking(runs, {
    name: 'resume',
    does: 'let a paused run go on',
    example: 'perdure runs resume "$id" --budget tokens=400000',
    says: (id) => `the run ${id} goes on`,
  });
  runs
    .command('message <id> <text>')
    .description('tell a run something; its models read it with their next question')
    .option('--json', 'print the run as JSON')
    .addHelpText('after', examples('perdure runs message "$id" "Leave out the prices."'))
    .action(async (id: string, text: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const run = await client.message(id, text, { signal });
        if (json === true) (await import('../output.js')).writeJson(run);
        else process.stdout.write(`the run ${run.id} has it\n`);
      });
    });
  runs
    .command('callbacks <id>')
    .description('list the addresses by which programs outside can send a run what it waits for')
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure runs callbacks "$id" --json | jq -r ".[0].url"'))
    .action(async (id: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      const { listCallbacks } = await import('../show-runs.js');
      await withServer((client, signal) => listCallbacks(client, id, { json, signal }));
    });
  registerPlans(runs);
  registerRetry(runs);
  registerFork(runs);
}

function statuses(text: string): RunStatus[] {
  return text.split(',').map((given) => {
    const status = runStatuses.find((each) => each === given);
    if (status === undefined) throw new InvalidArgumentError(`It must be of ${runStatuses.join(', ')}.`);
    return status;
  });
}

type ListOptions = Omit<RunFilter, 'cursor'> & { limit: number; json?: true };

function registerList(runs: Command): void {
  runs
    .command('ls')
    .description('list runs, the newest first')
    .option('--status <status>', 'only those; several with commas between them', statuses)
    .option('-m, --metadata <name=value>', 'only those that have it; may be repeated', pair)
    .option('--agent <name>', 'only those of this agent')
    .option('--parent <id>', 'only those of its sub-agents')
    .option('--created-after <time>', 'only those; ISO 8601 with offset')
    .option('--created-before <time>', 'only those; ISO 8601 with offset')
    .option('-n, --limit <count>', 'how many at most', wholeNumber, 20)
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure runs ls', 'perdure runs ls -n 500 --json | jq -r ".[].id"'))
    .action(async ({ limit, json, ...filter }: ListOptions) => {
      const { withServer } = await import('../server.js');
      const { listRuns } = await import('../show-runs.js');
      await withServer((client, signal) => listRuns(client, filter, { limit, json, signal }));
    });
}

function registerShow(runs: Command): void {
  runs
    .command('show <id>')
    .description('show a run')
    .option('--json', 'print it as JSON, with its plan')
    .addHelpText('after', examples('perdure runs show "$id"', 'perdure runs show "$id" --json | jq .result'))
    .action(async (id: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      const { showRun } = await import('../show-runs.js');
      await withServer((client, signal) => showRun(client, id, { json, signal }));
    });
}

function registerEvents(runs: Command): void {
  runs
    .command('events <id>')
    .description(
      'print the events of a run, from the first on, until it ends; the exit code says how it ended',
    )
    .option('--after <seq>', 'only those after this one', wholeNumber)
    .option('--follow', 'stay until it ends', true)
    .option('--no-follow', 'only those that are there')
    .option('--json', 'print them as JSON lines')
    .addHelpText(
      'after',
      examples('perdure runs events "$id"', 'perdure runs events "$id" --no-follow --json | jq -r .type'),
    )
    .action(async (id: string, options: { after?: number; follow: boolean; json?: true }) => {
      const { withServer } = await import('../server.js');
      const { showEvents } = await import('../show-runs.js');
      await withServer((client, signal) => showEvents(client, id, { ...options, signal }));
    });
}

function registerWhy(runs: Command): void {
  runs
    .command('why <id>')
    .description('say why a run moves or does not')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples('perdure runs why "$id"', 'perdure runs why "$id" --json | jq -r .cause'))
    .action(async (id: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      const { showWhy } = await import('../show-runs.js');
      await withServer((client, signal) => showWhy(client, id, { json, signal }));
    });
}

interface Asking {
  name: 'cancel' | 'pause' | 'resume';
  does: string;
  example: string;
  /** What is told once the server has taken it. */
  says: (id: string) => string;
}

interface AskingOptions {
  reason?: string;
  budget?: TopUp;
  json?: true;
}

/** Asks the run for something that it answers to in its own time. */
function registerAsking(runs: Command, { name, does, example, says }: Asking): void {
  const command = runs.command(`${name} <id>`).description(does);
  if (name === 'resume')
    command.option('--budget <limits>', 'larger ones: steps, tokens, cost (US dollars), seconds', budget);
  else command.option('--reason <text>', 'why, for its record');
  command
    .option('--json', 'print the run as JSON')
    .addHelpText('after', examples(example))
    .action(async (id: string, { json, ...given }: AskingOptions) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client: Client, signal) => {
        const run: Run = await client[name](id, { ...given, signal });
        if (json === true) (await import('../output.js')).writeJson(run);
        else process.stdout.write(`${says(run.id)}\n`);
      });
    });
}
