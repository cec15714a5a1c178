/** `perdure tenants`: what the operator does with a tenant as a whole. */
import type { Command } from 'commander';
import { CliError, exitCodes } from '../exit-codes.js';
import { examples } from '../examples.js';
import { tenant } from '../option-values.js';
import { writeJson } from '../output.js';

export function registerTenants(program: Command): void {
  program
    .command('tenants')
    .description('erase a tenant, in the back ends that are configured, or in those of npm start')
    .addHelpText('after', examples('perdure tenants erase acme --confirm acme'))
    .command('erase')
    .argument('<tenant>', 'its name', tenant)
    .description('end its runs and schedules, destroy its keys, and delete its records and files')
    .requiredOption('--confirm <tenant>', 'the tenant once more: nothing brings it back')
    .option('--json', 'print what was erased as JSON')
    .addHelpText('after', examples('perdure tenants erase acme --confirm acme'))
    .action(async (name: string, { confirm, json }: { confirm: string; json?: true }) => {
      if (name !== confirm)
        throw new CliError(`--confirm names another tenant: ${confirm}`, exitCodes.misused);
      const { eraseOne } = await import('../../stack/main.js');
      const erased = await eraseOne(name);
      if (json === true) {
        writeJson(erased);
        return;
      }
      const { runs, workflows, schedules, apiKeys, encryptionKeys } = erased;
      console.log(
        `${name} is erased: ${runs} runs, ${workflows} workflows, ${schedules} schedules, ${apiKeys} API keys and ${encryptionKeys} encryption keys`,
      );
      console.error('What remains: docs/tenant-erasure.md');
    });
}
