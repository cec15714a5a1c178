/** `perdure files`: the workspace of a run. */
import type { Command } from 'commander';
import { examples } from '../examples.js';

interface Json {
  json?: true;
}

export function registerFiles(program: Command): void {
  const files = program
    .command('files')
    .description("list, read, write and delete a run's files")
    .addHelpText(
      'after',
      examples(
        'perdure files ls "$id"',
        'perdure files get "$id" report.md',
        'perdure files get "$id" chart.svg --output chart.svg',
        'perdure files put "$id" data.csv input/data.csv',
        'perdure files rm "$id" input/data.csv',
      ),
    );
  files
    .command('ls <run>')
    .description('list the files of a run')
    .option('--json', 'print them as JSON')
    .addHelpText('after', examples('perdure files ls "$id"'))
    .action(async (run: string, { json }: Json) => {
      const [{ withServer }, { listFiles }] = await load();
      await withServer((client, signal) => listFiles(client, run, { json, signal }));
    });
  files
    .command('get <run> <path>')
    .description('write a file to standard output, or to a file here')
    .option('-o, --output <file>', 'where to; the old content stays until the new one is whole')
    .addHelpText(
      'after',
      examples('perdure files get "$id" report.md', 'perdure files get "$id" a.csv -o a.csv'),
    )
    .action(async (run: string, path: string, { output }: { output?: string }) => {
      const [{ withServer }, { getFile }] = await load();
      await withServer((client, signal) => getFile(client, run, path, { output, signal }));
    });
  files
    .command('put <run> <local> [path]')
    .description('store a local file, - for standard input, while the run is open')
    .option('--json', 'print what was stored as JSON')
    .addHelpText(
      'after',
      examples('perdure files put "$id" data.csv', 'sort names | perdure files put "$id" - input/names.txt'),
    )
    .action(async (run: string, local: string, path: string | undefined, { json }: Json) => {
      const [{ withServer }, { putFile }] = await load();
      await withServer((client, signal) => putFile(client, run, { local, path }, { json, signal }));
    });
  files
    .command('rm <run> <path>')
    .description('delete a file while the run is open')
    .option('--json', 'print what was deleted as JSON')
    .addHelpText('after', examples('perdure files rm "$id" input/data.csv'))
    .action(async (run: string, path: string, { json }: Json) => {
      const [{ withServer }] = await load();
      await withServer((client, signal) => client.files.delete(run, path, { signal }));
      if (json === true) (await import('../output.js')).writeJson({ path, deleted: true });
    });
}

const load = () => Promise.all([import('../server.js'), import('../transfer-files.js')]);
