// Runs one query in a process of its own, whose working directory is a temporary one that holds the tables'
// files. DuckDB's memory limit holds neither values in flight nor results, and its interrupt is looked at only
// between operators: a limit on the whole process and the end of it hold everything.
import { rmSync, statSync } from 'node:fs';
import { DuckDBInstance, StatementType } from '@duckdb/node-api';
import { jsonConverter } from './sql-value.mjs';
import { plainWords } from './sql-words.mjs';

const MAX_RSS = 1_000_000_000;
/** What the API takes of one file, too. */
const MAX_RESULT = 1_000_000_000;
const MAX_ROWS_BYTES = 8_000_000;
const readers = {
  csv: 'read_csv',
  tsv: 'read_csv',
  json: 'read_json',
  jsonl: 'read_json',
  ndjson: 'read_json',
  parquet: 'read_parquet',
};
const formats = {
  csv: '(format csv, header true)',
  json: '(format json, array true)',
  parquet: '(format parquet)',
};
const extensionOf = (file) => file.slice(file.lastIndexOf('.') + 1);
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** Its message is for the user as it stands. */
class Refusal extends Error {
  constructor(message, limit = false) {
    super(message);
    this.limit = limit;
  }
}

const fail = ({ message, limit = false }) => {
  process.send({ ok: false, message: message.slice(0, 2_000), limit });
};

/** Not by process.exit: that waits for the engine's threads, which may be at work for hours. */
const end = () => process.kill(process.pid, 'SIGKILL');

// Signals are for the parent, which ends this process itself or by its own end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.once('disconnect', () => {
  try {
    rmSync(process.cwd(), { recursive: true, force: true, maxRetries: 5 });
  } finally {
    end();
  }
});
let result;
const overLimit = () => {
  if (process.memoryUsage.rss() > MAX_RSS) return 'used more memory than it may';
  const written = result === undefined ? 0 : (statSync(result, { throwIfNoEntry: false })?.size ?? 0);
  // A few bytes in memory may be long in a file, such as a column's name in each row of JSON.
  return written > MAX_RESULT ? `the file it saves has more than ${MAX_RESULT} bytes` : undefined;
};
// The queries run in native threads: this one is free to look.
const watch = setInterval(() => {
  const over = overLimit();
  if (over === undefined) return;
  clearInterval(watch);
  process.send({ ok: false, message: `the query: ${over}`, limit: true }, end);
}, 25);
process.once('message', (work) => {
  result = work.saveAs;
  answer(work).then((value) => process.send({ ok: true, value }), fail);
});

async function answer({ tables, query, maxRows, saveAs }) {
  // From the beginning: tables that are loaded are bounded, too, and the folder cannot be changed once it is used.
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '512MB',
    threads: '2',
    temp_directory: 'spill',
    max_temp_directory_size: '2GB',
  });
  const connection = await instance.connect();
  for (const loading of tables)
    await speak(
      `loading the table ${loading.table} from ${loading.source}`,
      () => loadTable(connection, loading),
      loading,
    );
  await lockDown(connection);
  return speak('the query', async () => {
    await checkStatement(connection, query);
    const select = query.trim().replace(/(?:;\s*)+$/, '');
    await connection.run(`create temp table perdure_result as\n${select}\n`);
    const counted = await connection.runAndReadAll('select count(*)::integer as n from perdure_result');
    const rowCount = Number(counted.getRowsJson()[0]?.[0] ?? 0);
    const { columns, rows } = await readRows(connection, maxRows, saveAs !== undefined);
    if (saveAs !== undefined)
      await connection.run(`copy perdure_result to ${quoted(saveAs)} ${formats[extensionOf(saveAs)]}`);
    return { columns, rows, rowCount, truncated: rowCount > rows.length };
  });
}

/** Runs a part of the work, whose failure is told in DuckDB's words. */
async function speak(what, act, loading) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const message = String(error?.message ?? error);
    throw new Refusal(`${what}: ${plainWords(message, loading)}`, /^Out of Memory/i.test(message));
  }
}

const loadTable = (connection, { table, file }) =>
  connection.run(`create table "${table}" as select * from ${readers[extensionOf(file)]}(${quoted(file)})`);

/** After this the engine reaches the folder for results, and its settings are fixed and name no other folder. */
async function lockDown(connection) {
  for (const setting of [
    `home_directory = 'home'`,
    `secret_directory = 'secrets'`,
    `extension_directory = 'extensions'`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    `allowed_directories = ['out/']`,
    'enable_external_access = false',
    'lock_configuration = true',
  ])
    await connection.run(`set ${setting}`);
}

async function checkStatement(connection, query) {
  const statements = await connection.extractStatements(query);
  const only = statements.count === 1 ? await statements.prepare(0) : undefined;
  if (only?.statementType !== StatementType.SELECT)
    throw new Refusal('the query must be exactly one SELECT statement');
}

/** Row by row: a chunk of the engine's holds 2048 of any size. When they are saved too, the file has the rest. */
async function readRows(connection, maxRows, saved) {
  const result = await connection.stream(`from perdure_result limit ${maxRows}`);
  const names = result.columnNames();
  const columns = result.columnTypes().map((type, i) => ({ name: names[i], type: String(type) }));
  const rows = [];
  let bytes = 0;
  for await (const chunk of result)
    for (let i = 0; i < chunk.rowCount; i++) {
      const values = chunk.convertRowValues(i, jsonConverter);
      // Not by assignment: a column may be called __proto__.
      const row = Object.fromEntries(values.map((value, column) => [names[column], value]));
      bytes += Buffer.byteLength(JSON.stringify(row));
      if (bytes <= MAX_ROWS_BYTES) rows.push(row);
      else if (saved) return { columns, rows };
      else
        throw new Refusal(
          `the rows have more than ${MAX_ROWS_BYTES} bytes of JSON: use saveAs, fewer columns or a smaller maxRows`,
          true,
        );
    }
  return { columns, rows };
}
