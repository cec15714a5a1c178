/** `perdure schedules`: runs that are started again and again. */
import { Option, type Command } from 'commander';
import { overlapPolicies, type OverlapPolicy } from '../../../contracts/statuses.js';
import { examples } from '../examples.js';
import { pair, wholeNumber } from '../option-values.js';
import { writeJson } from '../output.js';

interface Create {
  cron: string;
  timezone?: string;
  overlap?: OverlapPolicy;
  catchUp?: number;
  plan?: string;
  data?: string;
  metadata?: Record<string, string>;
  agent?: string;
  webhook?: string;
  name?: string;
  paused?: true;
  json?: true;
}

export function registerSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('start runs again and again, at the times of a cron expression')
    .addHelpText(
      'after',
      examples(
        'perdure schedules create "Report on the weather" --cron "0 6 * * 1-5" --timezone Europe/Zurich --plan plan.json',
        'perdure schedules ls',
        'perdure schedules pause "$id" --reason "on holiday"',
      ),
    );
  schedules
    .command('ls')
    .description('list schedules, the oldest first')
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure schedules ls', 'perdure schedules ls --json | jq -r ".[].id"'))
    .action(async ({ json }: { json?: true }) => {
      const [{ withServer }, { listSchedules }] = await Promise.all([
        import('../server.js'),
        import('../show-schedules.js'),
      ]);
      await withServer((client, signal) => listSchedules(client, { json, signal }));
    });
  registerCreate(schedules);
  registerChange(schedules);
  registerOne(schedules, { name: 'show', does: 'show a schedule, with the runs that it has started' });
  registerOne(schedules, { name: 'pause', does: 'start nothing until it is resumed' });
  registerOne(schedules, { name: 'resume', does: 'let a paused schedule go on' });
  registerOne(schedules, { name: 'trigger', does: 'start a run now, whatever goes on' });
  schedules
    .command('delete <id>')
    .description('end a schedule; runs that it has started go on')
    .option('--json', 'print what was deleted as JSON')
    .addHelpText('after', examples('perdure schedules delete "$id"'))
    .action(async (id: string, { json }: { json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        await client.schedules.delete(id, { signal });
        if (json === true) writeJson({ id, deleted: true });
        else process.stdout.write(`${id} is deleted\n`);
      });
    });
}

const CRON = 'five fields: minute hour day month weekday';

const overlap = (does: string): Option =>
  new Option('--overlap <policy>', does).choices([...overlapPolicies]);

function registerCreate(schedules: Command): void {
  schedules
    .command('create <goal>')
    .description('make a schedule; its id is printed')
    .requiredOption('--cron <expression>', CRON)
    .option('--timezone <name>', 'of these times; UTC unless told')
    .option('--name <text>', 'what people call it; its goal unless told')
    .addOption(overlap('while the run before goes on; skip unless told'))
    .option('--catch-up <seconds>', 'by how much an outage may delay a run; 600 unless told', wholeNumber)
    .option('-p, --plan <file>', 'the plan, as JSON')
    .option('-d, --data <json>', 'its inputs.data')
    .option('-m, --metadata <name=value>', 'to find its runs by; may be repeated', pair)
    .option('--agent <name>', 'which agent plans it')
    .option('--webhook <url>', 'who is told of each end')
    .option('--paused', 'start nothing until it is resumed')
    .option('--json', 'print the schedule as JSON')
    .addHelpText(
      'after',
      examples(
        'perdure schedules create "Report on the weather" --cron "0 6 * * 1-5" --timezone Europe/Zurich --plan plan.json',
      ),
    )
    .action(async (goal: string, options: Create) => {
      const [{ readSubmission }, { withServer }] = await Promise.all([
        import('../submission.js'),
        import('../server.js'),
      ]);
      const { cron, timezone, overlap, catchUp, paused, name = goal.slice(0, 100), json, ...given } = options;
      const { inputs, ...run } = await readSubmission(goal, given);
      await withServer(async (client, signal) => {
        const schedule = await client.schedules.create(
          {
            name,
            cron,
            ...(timezone === undefined ? {} : { timezone }),
            ...(overlap === undefined ? {} : { overlap }),
            ...(catchUp === undefined ? {} : { catchUpSeconds: catchUp }),
            ...(paused === undefined ? {} : { paused }),
            run: { ...run, ...(inputs?.data === undefined ? {} : { inputs: { data: inputs.data } }) },
          },
          { signal },
        );
        if (json === true) writeJson(schedule);
        else process.stdout.write(`${schedule.id}\n`);
      });
    });
}

type Change = Pick<Create, 'name' | 'timezone' | 'overlap' | 'catchUp' | 'json'> & { cron?: string };

/** What it starts is changed over HTTP: a goal, a plan and inputs are more than flags. */
function registerChange(schedules: Command): void {
  schedules
    .command('change <id>')
    .description('change when a schedule starts its runs; those under way are left alone')
    .option('--cron <expression>', CRON)
    .option('--timezone <name>', 'of these times')
    .option('--name <text>', 'what people call it')
    .addOption(overlap('while the run before goes on'))
    .option('--catch-up <seconds>', 'by how much an outage may delay a run', wholeNumber)
    .option('--json', 'print the schedule as JSON')
    .addHelpText('after', examples('perdure schedules change "$id" --cron "30 7 * * 1-5"'))
    .action(async (id: string, { json, catchUp, ...given }: Change, command: Command) => {
      const change = { ...given, ...(catchUp === undefined ? {} : { catchUpSeconds: catchUp }) };
      if (Object.keys(change).length === 0)
        command.error('error: name what to change: --cron, --timezone, --name, --overlap or --catch-up');
      const [{ withServer }, { showSchedule }] = await Promise.all([
        import('../server.js'),
        import('../show-schedules.js'),
      ]);
      await withServer(async (client, signal) => {
        showSchedule(await client.schedules.change(id, change, { signal }), json);
      });
    });
}

/** What answers with the schedule as it is then. */
function registerOne(
  schedules: Command,
  { name, does }: { name: 'show' | 'pause' | 'resume' | 'trigger'; does: string },
): void {
  const command = schedules.command(`${name} <id>`).description(does);
  if (name === 'pause') command.option('--reason <text>', 'why, for others to see');
  command
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples(`perdure schedules ${name} "$id"`))
    .action(async (id: string, { reason, json }: { reason?: string; json?: true }) => {
      const [{ withServer }, { showSchedule }] = await Promise.all([
        import('../server.js'),
        import('../show-schedules.js'),
      ]);
      await withServer(async (client, signal) => {
        const schedule =
          name === 'show'
            ? await client.schedules.get(id, { signal })
            : await client.schedules[name](id, { reason, signal });
        showSchedule(schedule, json);
      });
    });
}
