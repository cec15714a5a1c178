/** `sql`: DuckDB over workspace files, with no way to any other file or to the network. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance, DuckDBTypeId, StatementType, type DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import { pathArg } from './path-arg.js';
import { jsonOf } from './sql-value.js';
import { defineTool, type ToolContext, type ToolFiles } from './tool.js';

const readers: Record<string, string> = {
  csv: 'read_csv',
  tsv: 'read_csv',
  json: 'read_json',
  jsonl: 'read_json',
  ndjson: 'read_json',
  parquet: 'read_parquet',
};
const formats: Record<string, string> = {
  csv: '(format csv, header true)',
  json: '(format json, array true)',
  parquet: '(format parquet)',
};
const extensionOf = (file: string): string => path.extname(file).slice(1).toLowerCase();
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

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
    'path?}: `rows` holds at most `maxRows` rows; `saveAs` writes all of them to a csv, json or parquet file.',
  args: sqlArgs,
  effect: 'reversible',
  timeoutSeconds: 120,
  async execute(args, context) {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-sql-'));
    try {
      await mkdir(path.join(directory, 'out'));
      const files = await fetchTables(args.tables, directory, context.files);
      const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', threads: '2' });
      const connection = await instance.connect();
      const interrupt = (): void => {
        connection.interrupt();
      };
      context.signal.addEventListener('abort', interrupt);
      try {
        for (const [table, file] of files) await loadTable(connection, table, file);
        await lockDown(connection, directory);
        return { output: await query(connection, args, directory, context) };
      } finally {
        context.signal.removeEventListener('abort', interrupt);
        connection.closeSync();
        instance.closeSync();
      }
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
});

/** Copies the files next to each other, out of the workspace: the engine sees nothing else of it. */
async function fetchTables(
  tables: Record<string, string>,
  directory: string,
  files: ToolFiles,
): Promise<[table: string, file: string][]> {
  const fetched: [string, string][] = [];
  for (const [table, source] of Object.entries(tables)) {
    const extension = extensionOf(source);
    if (!Object.hasOwn(readers, extension))
      throw new PerdureError('tool_invalid_args', `${source} is none of: ${Object.keys(readers).join(', ')}`);
    const target = path.join(directory, `${fetched.length}.${extension}`);
    await pipeline((await files.open(source)).content, createWriteStream(target));
    fetched.push([table, target]);
  }
  return fetched;
}

async function loadTable(connection: DuckDBConnection, table: string, file: string): Promise<void> {
  const reader = readers[extensionOf(file)] ?? 'read_csv';
  await speak(`loading the table ${table}`, () =>
    connection.run(`create table "${table}" as select * from ${reader}(${quoted(file)})`),
  );
}

/** After this the engine reaches the folder for results, and its settings are fixed. */
async function lockDown(connection: DuckDBConnection, directory: string): Promise<void> {
  const out = path.join(directory, 'out');
  for (const setting of [
    `temp_directory = ${quoted(path.join(directory, 'spill'))}`,
    `max_temp_directory_size = '2GB'`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    `allowed_directories = [${quoted(`${out}/`)}]`,
    'enable_external_access = false',
    'lock_configuration = true',
  ])
    await connection.run(`set ${setting}`);
}

async function query(
  connection: DuckDBConnection,
  args: z.infer<typeof sqlArgs>,
  directory: string,
  context: ToolContext,
): Promise<JsonValue> {
  const run = <Value>(act: () => Promise<Value>): Promise<Value> => speak('the query', act, context.signal);
  await run(async () => {
    const statements = await connection.extractStatements(args.query);
    const only = statements.count === 1 ? await statements.prepare(0) : undefined;
    if (only?.statementType !== StatementType.SELECT)
      throw new PerdureError('tool_failed', 'the query must be exactly one SELECT statement');
  });
  const select = args.query.trim().replace(/(?:;\s*)+$/, '');
  await run(() => connection.run(`create temp table perdure_result as\n${select}\n`));
  const counted = await run(() =>
    connection.runAndReadAll('select count(*)::integer as n from perdure_result'),
  );
  const rowCount = Number(counted.getRowsJson()[0]?.[0] ?? 0);
  const reader = await run(() => connection.runAndReadAll(`from perdure_result limit ${args.maxRows}`));
  const types = reader.columnTypes();
  const columns = reader.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
  const dates = new Set(columns.filter((_, i) => types[i]?.typeId === DuckDBTypeId.DATE).map((c) => c.name));
  const rows = reader
    .getRowObjectsJS()
    .map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonOf(value, dates.has(name))])),
    );
  const output = { columns, rows, rowCount, truncated: rowCount > rows.length };
  const { saveAs } = args;
  if (saveAs === undefined) return output;
  const file = path.join(directory, 'out', `result.${extensionOf(saveAs)}`);
  await run(() =>
    connection.run(`copy perdure_result to ${quoted(file)} ${formats[extensionOf(saveAs)] ?? ''}`),
  );
  const info = await context.files.write(saveAs, createReadStream(file));
  return { ...output, path: info.path };
}

/** DuckDB's own words, without the engine's advice on settings that are locked. */
async function speak<Value>(what: string, act: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PerdureError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new PerdureError(
      /^Out of Memory/i.test(message) ? 'tool_limit_exceeded' : 'tool_failed',
      `${what}: ${message.slice(0, 2_000)}`,
      { cause: error },
    );
  }
}
