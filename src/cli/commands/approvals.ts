/** `perdure approvals`: what waits for a person's word, and the word. */
import { Option, type Command } from 'commander';
import type { Approval } from '../../../contracts/approvals.js';
import { approvalStatuses, type ApprovalStatus } from '../../../contracts/statuses.js';
import { examples } from '../examples.js';
import { writeJson, writeTable } from '../output.js';

interface Decision {
  note?: string;
  args?: string;
  output?: string;
  hash?: string;
  json?: true;
}

/** The most that the server gives at once. */
const PAGE = 200;

export function registerApprovals(program: Command): void {
  const approvals = program
    .command('approvals')
    .description('see what waits for a person’s word, and give it')
    .addHelpText(
      'after',
      examples(
        'perdure approvals ls',
        'perdure approvals approve "$id" step-pay',
        'perdure approvals deny "$id" step-pay --note "the wrong customer"',
        `perdure approvals approve "$id" outcome-1-pay --output '{"receipt": "R-7"}'`,
      ),
    );
  approvals
    .command('ls')
    .description('list approvals, the oldest first')
    .option('--run <id>', 'only those of one run')
    .addOption(
      new Option('--status <status>', 'only these').choices([...approvalStatuses, 'all']).default('pending'),
    )
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure approvals ls', 'perdure approvals ls --run "$id" --status all'))
    .action(async (options: { run?: string; status: ApprovalStatus | 'all'; json?: true }) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const status = options.status === 'all' ? undefined : options.status;
        const approvals: Approval[] = [];
        for await (const each of client.approvals.list(
          { runId: options.run, status, limit: PAGE },
          { signal },
        ))
          approvals.push(each);
        if (options.json === true) {
          writeJson(approvals);
          return;
        }
        const { cut } = await import('../printable.js');
        writeTable(
          ['RUN', 'APPROVAL', 'STATUS', 'ASKED', 'TOOL', 'ARGUMENTS'],
          approvals.map((a) => [
            a.runId,
            a.id,
            a.status,
            a.requestedAt.slice(0, 19).replace('T', ' '),
            a.tool ?? '-',
            cut(JSON.stringify(a.args), 60),
          ]),
        );
      });
    });
  registerDecision(approvals, 'approve');
  registerDecision(approvals, 'deny');
  approvals
    .command('answer <run> <approval> <json>')
    .description('answer a question, or bring the event that is waited for; as JSON')
    .option('--note <text>', 'why, for the record')
    .option('--json', 'print the run as JSON')
    .addHelpText('after', examples('perdure approvals answer "$id" step-ask \'"blue"\''))
    .action(
      async (
        runId: string,
        approvalId: string,
        text: string,
        { note, json }: Pick<Decision, 'note' | 'json'>,
      ) => {
        const [{ withServer }, { readJson }] = await Promise.all([
          import('../server.js'),
          import('../go-on.js'),
        ]);
        const answer = readJson(text, 'the answer');
        await withServer(async (client, signal) => {
          const decision = { decision: 'approve', answer, ...(note === undefined ? {} : { note }) } as const;
          const run = await client.approvals.decide(runId, approvalId, decision, { signal });
          if (json === true) writeJson(run);
          else process.stdout.write(`${approvalId} is answered\n`);
        });
      },
    );
}

function registerDecision(approvals: Command, decision: 'approve' | 'deny'): void {
  const command = approvals
    .command(`${decision} <run> <approval>`)
    .description(decision === 'approve' ? 'let it be done' : 'have it not be done')
    .option('--note <text>', 'why, for the record')
    .option('--hash <argsHash>', 'only if it asks for just this')
    .option('--json', 'print the run as JSON')
    .addHelpText(
      'after',
      decision === 'approve'
        ? examples(
            'perdure approvals approve "$id" step-pay --note "one less"',
            `perdure approvals approve "$id" step-pay --args '{"euros": 6}'`,
          )
        : examples('perdure approvals deny "$id" step-pay --note "the wrong customer"'),
    );
  if (decision === 'approve')
    command
      .option('--args <json>', 'with these arguments instead')
      .option('--output <json>', 'of an outcome: it has been done already, and this is what came of it');
  command.action(async (runId: string, approvalId: string, { note, args, output, hash, json }: Decision) => {
    const [{ withServer }, { readArgs, readJson }] = await Promise.all([
      import('../server.js'),
      import('../go-on.js'),
    ]);
    const given = args === undefined ? undefined : readArgs(args);
    const done = output === undefined ? undefined : readJson(output, '--output');
    await withServer(async (client, signal) => {
      const run = await client.approvals.decide(
        runId,
        approvalId,
        {
          decision,
          ...(hash === undefined ? {} : { argsHash: hash }),
          ...(given === undefined ? {} : { args: given }),
          ...(done === undefined ? {} : { output: done }),
          ...(note === undefined ? {} : { note }),
        },
        { signal },
      );
      if (json === true) writeJson(run);
      else process.stdout.write(`${approvalId} is ${decision === 'approve' ? 'approved' : 'denied'}\n`);
    });
  });
}
