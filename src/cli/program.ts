/** The command line's grammar. Each file in commands/ puts its own commands on the program. */
import { Command } from 'commander';
import { version } from '../../contracts/version.js';
import { registerAgents } from './commands/agents.js';
import { registerApi } from './commands/api.js';
import { registerApprovals } from './commands/approvals.js';
import { registerAudit } from './commands/audit.js';
import { registerCodecServer } from './commands/codec-server.js';
import { registerCompletion } from './commands/completion.js';
import { registerDev } from './commands/dev.js';
import { registerFiles } from './commands/files.js';
import { registerKeys } from './commands/keys.js';
import { registerDoctor } from './commands/doctor.js';
import { registerMigrate } from './commands/migrate.js';
import { registerReplay } from './commands/replay.js';
import { registerRun } from './commands/run.js';
import { registerRuns } from './commands/runs.js';
import { registerSchedules } from './commands/schedules.js';
import { registerTenants } from './commands/tenants.js';
import { registerTools } from './commands/tools.js';
import { registerWebhooks } from './commands/webhooks.js';
import { registerVersions } from './commands/versions.js';
import { registerWorker } from './commands/worker.js';
import { examples } from './examples.js';

/**
 * In the order of the help. A command's action imports what it needs when it runs: `perdure --help` must not wait
 * for Temporal's SDK to load.
 */
const commands = [
  registerRun,
  registerRuns,
  registerApprovals,
  registerSchedules,
  registerFiles,
  registerTools,
  registerAgents,
  registerWebhooks,
  registerDev,
  registerApi,
  registerWorker,
  registerCodecServer,
  registerMigrate,
  registerDoctor,
  registerReplay,
  registerVersions,
  registerKeys,
  registerAudit,
  registerTenants,
  registerCompletion,
];

/** @param options.asJson whether what is wrong with the command line is left for the caller to tell */
export function createProgram({ asJson = false } = {}): Command {
  const program = new Command('perdure')
    .description('Durable agent runs on Temporal.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    // A wrong use is thrown and not exited on; commands inherit these.
    .exitOverride()
    .showHelpAfterError(asJson ? false : 'Add --help for how it is used.')
    .configureOutput({
      outputError: (text, write) => {
        if (!asJson) write(text.replace(/^error: /, 'perdure: '));
      },
    })
    .addHelpText(
      'after',
      examples('perdure run "Greet" --plan plan.json', 'perdure runs why "$id"', 'perdure runs show --help'),
    )
    .addHelpText('after', exits);
  for (const register of commands) register(program);
  return program;
}

const exits = `
Settings come from the environment, or from a file .env: beside package.json in a clone, else where the command is called.
.env.example has them all.

Commands about runs call the server of PERDURE_URL, signed in by PERDURE_TOKEN.

Exit codes:
  0    done; a run that was followed completed
  1    could not be done, or ended badly; one sentence says why
  2    the command line or the configuration is wrong; trying again changes nothing
  3    the run that was followed failed
  4    the run that was followed was cancelled
  5    the server cannot be reached
  130  interrupted by Ctrl-C; what the server does goes on`;
