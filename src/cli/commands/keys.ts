/** `perdure keys`: API keys, made, listed and revoked by whoever can reach the records. */
import type { Command } from 'commander';
import { CliError, exitCodes } from '../exit-codes.js';
import { examples } from '../examples.js';
import { tenant } from '../option-values.js';
import { writeJson, writeTable } from '../output.js';

interface Options {
  tenant: string;
  json?: true;
}

export function registerKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description(
      'make, list and revoke API keys, in the records that are configured, or in those of npm start',
    )
    .addHelpText(
      'after',
      examples(
        'perdure keys create --tenant acme --name "nightly job" --scope write',
        'perdure keys ls --tenant acme --json',
        'perdure keys revoke --tenant acme 0190a5c2-0000-7000-8000-000000000000',
      ),
    );
  keys
    .command('create')
    .description('make a key; it is shown this once')
    .requiredOption('--tenant <id>', 'whose runs it is for', tenant)
    .requiredOption('--name <name>', 'what it is for')
    .option('--scope <scope>', 'read, write, audit (the audit log and nothing else) or admin', 'write')
    .option('--expires <time>', 'when it ends (ISO 8601 with offset); never, unless told')
    .option('--json', 'print the key as JSON')
    .addHelpText(
      'after',
      examples(
        'perdure keys create --tenant acme --name "nightly job"',
        'perdure keys create --tenant acme --name laptop --scope admin --expires 2027-01-01T00:00:00Z',
      ),
    )
    .action(async ({ tenant: tenantId, name, scope, expires, json }: Options & Record<string, string>) => {
      const { createApiKeySchema } = await import('../../../contracts/api-keys.js');
      const wanted = createApiKeySchema.safeParse({ name, scope, expiresAt: expires });
      if (!wanted.success)
        throw new CliError(
          wanted.error.issues
            .map((i) => `--${i.path[0] === 'expiresAt' ? 'expires' : String(i.path[0])} ${i.message}`)
            .join('; '),
          exitCodes.misused,
        );
      const { withKeys } = await import('../../stack/main.js');
      const { key, token } = await withKeys((store) =>
        store.create({ tenantId, ...wanted.data, expiresAt: wanted.data.expiresAt ?? null }),
      );
      if (json === true) {
        writeJson({ ...key, token });
        return;
      }
      console.log(token);
      console.error(`the key ${key.id} of ${tenantId} may ${key.scope}; it is not shown again`);
    });
  keys
    .command('ls')
    .description('list keys, the revoked ones too')
    .requiredOption('--tenant <id>', 'whose keys', tenant)
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure keys ls --tenant acme'))
    .action(async ({ tenant: tenantId, json }: Options) => {
      const { withKeys } = await import('../../stack/main.js');
      const all = await withKeys((store) => store.list(tenantId));
      if (json === true) {
        writeJson(all);
        return;
      }
      writeTable(
        ['ID', 'NAME', 'SCOPE', 'BEGINS', 'CREATED', 'LAST USED', 'ENDS'],
        all.map((key) => [
          key.id,
          key.name,
          key.scope,
          key.prefix,
          key.createdAt,
          key.lastUsedAt ?? 'never',
          key.revokedAt === null ? (key.expiresAt ?? '') : `revoked ${key.revokedAt}`,
        ]),
      );
    });
  keys
    .command('revoke <id>')
    .description('end a key; API processes that know it forget it within seconds')
    .requiredOption('--tenant <id>', 'whose key', tenant)
    .option('--json', 'print what was revoked as JSON')
    .addHelpText('after', examples('perdure keys revoke --tenant acme 0190a5c2-0000-7000-8000-000000000000'))
    .action(async (id: string, { tenant: tenantId, json }: Options) => {
      const { withKeys } = await import('../../stack/main.js');
      if (!(await withKeys((store) => store.revoke(tenantId, id))))
        throw new CliError(`${tenantId} has no key ${id}`);
      if (json === true) writeJson({ id, revoked: true });
      else console.log(`revoked ${id}`);
    });
}
