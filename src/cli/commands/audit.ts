/** `perdure audit`: who did what. */
import type { Command } from 'commander';
import { examples } from '../examples.js';
import { wholeNumber } from '../option-values.js';
import { writeJsonLine, writeTable } from '../output.js';

interface Options {
  from?: string;
  before?: string;
  subject?: string;
  action?: string;
  target?: string;
  outcome?: string;
  limit: number;
  all?: true;
  json?: true;
}

/** The most that the server gives at once. */
const PAGE = 1_000;

export function registerAudit(program: Command): void {
  program
    .command('audit')
    .description('see who did what, from where, and what came of it; the newest first')
    .option('--from <time>', 'from this moment on (ISO 8601 with offset)')
    .option('--before <time>', 'before this moment')
    .option('--subject <who>', 'only of this user or key: user:<id>, key:<id>')
    .option('--action <name>', 'only this call, by its operationId: submitRun, cancelRun, ...')
    .option('--target <what>', 'only what was done to this and to what lies beneath: runs/<id>')
    .option('--outcome <what>', 'ok, or the code of an error')
    .option('-n, --limit <entries>', 'how many at most', wholeNumber, 50)
    .option('--all', 'all that there are')
    .option('--json', 'print each as a line of JSON')
    .addHelpText(
      'after',
      examples(
        'perdure audit --target "runs/$id"',
        'perdure audit --outcome insufficient_scope --from 2026-11-01T00:00:00Z',
        'perdure audit --all --json > audit.ndjson',
      ),
    )
    .action(async ({ limit, all, json, ...filter }: Options) => {
      const { withServer } = await import('../server.js');
      await withServer(async (client, signal) => {
        const most = all === true ? Infinity : limit;
        const rows: string[][] = [];
        let count = 0;
        if (most > 0)
          for await (const entry of client.audit({ ...filter, limit: Math.min(most, PAGE) }, { signal })) {
            if (json === true) writeJsonLine(entry);
            else
              rows.push([
                entry.at.slice(0, 19).replace('T', ' '),
                entry.subject,
                entry.address ?? '-',
                entry.action,
                entry.target ?? '-',
                entry.outcome,
              ]);
            count += 1;
            if (count >= most) break;
          }
        if (json !== true) writeTable(['AT', 'WHO', 'FROM', 'DID', 'TO', 'OUTCOME'], rows);
      });
    });
}
