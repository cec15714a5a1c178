/** `sql`: DuckDB over workspace files, in a process of its own with no way to any other file or to the network. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import { pathArg } from './path-arg.js';
import { runInProcess } from './run-in-process.js';
import { defineTool, type ToolFiles } from './tool.js';
import { valueOf } from './worker-answer.js';

/** Within the tool's limit, which is also for the files' way: done again, the query would take as long. */
const QUERY_MS = 60_000;
/** Of the tables' files together; they lie on the worker's disk for as long as the query takes. */
const MAX_TABLES_BYTES = 2_000_000_000;
const readable = ['csv', 'tsv', 'json', 'jsonl', 'ndjson', 'parquet'];
const extensionOf = (file: string): string => path.extname(file).slice(1).toLowerCase();

const sqlArgs = z.strictObject({
  query: z.string().min(1).max(100_000),
  tables: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a table name is letters, digits and "_"'),
      pathArg({ system: true }),
    )
    .default({}),
  saveAs: pathArg()
    .refine((p) => /\.(?:csv|json|parquet)$/i.test(p), 'must end with .csv, .json or .parquet')
    .optional(),
  maxRows: z.int().min(1).max(10_000).default(1_000),
});

export const sqlTool = defineTool({
  name: 'sql',
  description:
    'Runs one SELECT in DuckDB SQL over workspace files (csv, tsv, json, jsonl, ndjson, parquet). `tables` maps ' +
    'table names to file paths. Output: {columns: [{name, type}], rows: [{column: value}], rowCount, truncated, ' +
    'path?}: `rows` holds at most `maxRows` rows and 8 MB; `saveAs` writes all of them to a csv, json or parquet file.',
  args: sqlArgs,
  effect: 'reversible',
  timeoutSeconds: 120,
  async execute({ tables, query, saveAs, maxRows }, { files, signal }) {
    // The engine resolves links before it compares paths.
    const directory = await realpath(await mkdtemp(path.join(os.tmpdir(), 'perdure-sql-')));
    try {
      await mkdir(path.join(directory, 'out'));
      const result = saveAs === undefined ? undefined : `out/result.${extensionOf(saveAs)}`;
      const answer = await runInProcess({
        file: new URL('./sql-worker.mjs', import.meta.url),
        data: { tables: await fetchTables(tables, directory, files), query, maxRows, saveAs: result },
        directory,
        heapMb: 512,
        timeoutMs: QUERY_MS,
        signal,
      });
      const output = valueOf(answer) as Record<string, JsonValue>;
      if (saveAs === undefined || result === undefined) return { output };
      const info = await files.write(saveAs, createReadStream(path.join(directory, result)));
      return { output: { ...output, path: info.path } };
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  },
});

interface FetchedTable {
  table: string;
  /** Its name in the directory. */
  file: string;
  /** Its path in the workspace. */
  source: string;
}

/** Copies the files next to each other, out of the workspace: the engine sees nothing else of it. */
async function fetchTables(
  tables: Record<string, string>,
  directory: string,
  files: ToolFiles,
): Promise<FetchedTable[]> {
  const fetched: FetchedTable[] = [];
  let bytes = 0;
  for (const [table, source] of Object.entries(tables)) {
    const extension = extensionOf(source);
    if (!readable.includes(extension))
      throw new PerdureError('tool_invalid_args', `${source} is none of: ${readable.join(', ')}`);
    const file = `${fetched.length}.${extension}`;
    const { info, content } = await files.open(source);
    bytes += info.bytes;
    if (bytes > MAX_TABLES_BYTES) {
      content.destroy();
      throw new PerdureError(
        'tool_limit_exceeded',
        `the files of the tables have more than ${MAX_TABLES_BYTES} bytes together`,
      );
    }
    await pipeline(content, createWriteStream(path.join(directory, file)));
    fetched.push({ table, file, source });
  }
  return fetched;
}
