/** `perdure versions`: which builds of the worker there are, and which one new runs go to. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { writeJson, writeTable } from '../output.js';

export function registerVersions(program: Command): void {
  const versions = program
    .command('versions')
    .description('builds of the worker, where runs are pinned to them (TEMPORAL_DEPLOYMENT_NAME)')
    .addHelpText(
      'after',
      examples(
        'perdure versions ls',
        'perdure versions promote',
        'perdure versions promote 3f9c0a17b2de --json',
      ),
    );
  versions
    .command('ls')
    .description('list the builds: current takes new runs, draining has open ones, drained has none')
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure versions ls'))
    .action(async ({ json }: { json?: true }) => {
      const { listVersions } = await import('../../stack/main.js');
      const { builds, ...rest } = await listVersions();
      if (json === true) {
        writeJson({ ...rest, builds });
        return;
      }
      writeTable(
        ['BUILD', 'STATUS', 'SINCE'],
        builds.map(({ buildId, status, createdAt }) => [
          buildId === rest.ownBuild ? `${buildId} (this one)` : buildId,
          status,
          createdAt ?? '',
        ]),
      );
    });
  versions
    .command('promote')
    .description('have new runs go to a build; open ones stay with theirs')
    .argument('[build]', 'its id; that of this build, unless told')
    .option('--json', 'print the build as JSON')
    .addHelpText('after', examples('perdure versions promote', 'perdure versions promote 3f9c0a17b2de'))
    .action(async (build: string | undefined, { json }: { json?: true }) => {
      const { promoteTo } = await import('../../stack/main.js');
      const currentBuild = await promoteTo(build);
      if (json === true) writeJson({ currentBuild });
      else console.log(`new runs go to build ${currentBuild}`);
    });
}
