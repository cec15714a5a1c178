/** `perdure migrate`: brings the database and Temporal to what this build needs. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { writeJson } from '../output.js';

export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('apply the migrations to DATABASE_URL, and add the search attributes to TEMPORAL_ADDRESS')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      examples(
        'DATABASE_URL=postgres://postgres@db/postgres TEMPORAL_ADDRESS=temporal:7233 perdure migrate',
        'DATABASE_URL_FILE=/run/secrets/database perdure migrate --json',
      ),
    )
    .action(async ({ json }: { json?: true }) => {
      const { migrateBackEnds } = await import('../../stack/main.js');
      const { migrations, searchAttributes } = await migrateBackEnds();
      if (json === true) {
        writeJson({ migrations, searchAttributes });
        return;
      }
      console.log(
        migrations.length === 0 ? 'the database is up to date' : `applied: ${migrations.join(', ')}`,
      );
      if (searchAttributes !== null) console.log(`Temporal knows ${searchAttributes.join(', ')}`);
    });
}
