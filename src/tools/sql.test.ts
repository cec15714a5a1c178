import { expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { sqlTool } from './sql.js';
import { memoryFiles, toolContext } from './testing/tool-context.js';

const csv = 'city,day,rain\nSeattle,2026-01-01,1.5\nSeattle,2026-01-02,0\nOslo,2026-01-01,3.25\n';
const run = async (
  args: Record<string, JsonValue>,
  files = memoryFiles({ 'in/rain.csv': csv }),
  signal?: AbortSignal,
) => {
  const context = toolContext(signal === undefined ? { files } : { files, signal });
  const result = await sqlTool.execute(sqlTool.args.parse(args), context);
  return 'output' in result ? (result.output as Record<string, JsonValue>) : {};
};
const tables = { rain: 'in/rain.csv' };

test('answers a query with exact numbers and ISO dates', async () => {
  const output = await run({
    tables,
    query:
      'select city, min(day) as first, sum(rain) as total, count(*) as days from rain group by city order by city;',
  });
  expect(output).toMatchObject({
    rows: [
      { city: 'Oslo', first: '2026-01-01', total: 3.25, days: 1 },
      { city: 'Seattle', first: '2026-01-01', total: 1.5, days: 2 },
    ],
    rowCount: 2,
    truncated: false,
  });
  expect(output.columns).toEqual([
    { name: 'city', type: 'VARCHAR' },
    { name: 'first', type: 'DATE' },
    { name: 'total', type: 'DOUBLE' },
    { name: 'days', type: 'BIGINT' },
  ]);
});

test.each(['out.csv', 'out.json', 'out.parquet'])('what it saves as %s it can read again', async (saveAs) => {
  const files = memoryFiles({ 'in/rain.csv': csv });
  expect(await run({ tables, query: 'select * from rain', saveAs, maxRows: 1 }, files)).toMatchObject({
    path: saveAs,
    rowCount: 3,
    truncated: true,
  });
  expect(
    await run({ tables: { again: saveAs }, query: 'select count(*) as n, sum(rain) as s from again' }, files),
  ).toMatchObject({
    rows: [{ n: 3, s: 4.75 }],
  });
});

test(
  'tables that are more than the engine may have in memory are read from disk',
  { timeout: 120_000 },
  async () => {
    const files = memoryFiles();
    const query = 'select repeat(chr((65 + i % 26)::int), 1000) as text from range(300000) t(i)';
    await run({ query, saveAs: 'large.parquet', maxRows: 1 }, files);
    const large = { a: 'large.parquet', b: 'large.parquet' };
    const count = 'select (select count(*) from a)::int as n, (select max(text[1]) from b) as last';
    expect(await run({ tables: large, query: count }, files)).toMatchObject({
      rows: [{ n: 300_000, last: 'Z' }],
    });
  },
);

test('tables whose files are too large together are refused before they are fetched', async () => {
  const files = memoryFiles({ 'a.csv': csv });
  const open: typeof files.open = async (path) => {
    const { info, content } = await files.open(path);
    return { info: { ...info, bytes: 1_200_000_000 }, content };
  };
  await expect(
    run({ tables: { a: 'a.csv', b: 'a.csv' }, query: 'select 1' }, { ...files, open }),
  ).rejects.toMatchObject({ code: 'tool_limit_exceeded' });
});

test.each([
  "select * from read_csv('/etc/passwd')",
  "select * from read_text('/etc/hostname')",
  "select * from '/etc/passwd'",
  "copy (select 1) to '/tmp/perdure-escape.csv'",
  "attach '/tmp/perdure-escape.db'",
  'install httpfs',
  'load httpfs',
  "set memory_limit = '8GB'",
  'select 1; select 2',
  'drop table rain',
  'select nonsense from rain',
  '-- nothing',
])('refuses %s', async (query) => {
  await expect(run({ tables, query })).rejects.toMatchObject({ code: 'tool_failed' });
});

test('a missing file and an unknown kind of file are told apart', async () => {
  await expect(run({ tables: { x: 'none.csv' }, query: 'select 1' })).rejects.toMatchObject({
    code: 'file_not_found',
  });
  await expect(run({ tables: { x: 'a.xlsx' }, query: 'select 1' })).rejects.toMatchObject({
    code: 'tool_invalid_args',
  });
});

test('a runaway query is interrupted', async () => {
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort(new Error('stopped'));
  }, 300);
  const query = 'select count(*) from range(10000000) a, range(10000000) b where a.range + b.range = 7';
  await expect(run({ query }, memoryFiles(), stop.signal)).rejects.toThrow('stopped');
});

test.each([
  ['a list that only the result holds', 'select range(500000000) as r'],
  ['one huge text', "select repeat('x', 1900000000) as r"],
])('%s takes no memory of this process', async (_what, query) => {
  const before = process.memoryUsage.rss();
  await expect(run({ query })).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: 'the query: used more memory than it may',
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(300_000_000);
});

test('the rows are bounded by bytes, and saveAs has them all', async () => {
  const query = "select repeat('é', 4000) as v from range(3000)";
  await expect(run({ query, maxRows: 3_000 })).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: expect.stringContaining('use saveAs, fewer columns or a smaller maxRows') as string,
  });
  const output = await run({ query, maxRows: 3_000, saveAs: 'all.parquet' });
  expect(output).toMatchObject({ rowCount: 3_000, truncated: true, path: 'all.parquet' });
});

test('dates beyond those of JavaScript keep their text, and any column has its value', async () => {
  const output = await run({
    query: `select 'infinity'::date as a, '-infinity'::date as b, date '290000-01-01' as c, date '12345-01-01' as d,
      'infinity'::timestamp as e, [date '2026-01-02', 'infinity'] as f, timestamp '2026-01-02 03:04:05' as g,
      7 as "__proto__", 9007199254740993 as h`,
  });
  const row = (output.rows as Record<string, JsonValue>[])[0] ?? {};
  expect(Object.entries(row)).toEqual([
    ['a', 'infinity'],
    ['b', '-infinity'],
    ['c', '290000-01-01'],
    ['d', '12345-01-01'],
    ['e', 'infinity'],
    ['f', ['2026-01-02', 'infinity']],
    ['g', '2026-01-02T03:04:05.000Z'],
    ['__proto__', 7],
    ['h', '9007199254740993'],
  ]);
});

test('no setting names a folder of the machine but the one for results', async () => {
  const { rows } = await run({ query: "select name, value from duckdb_settings() where value like '%/%'" });
  expect(rows).toMatchObject([{ name: 'allowed_directories' }]);
  await expect(run({ query: 'from duckdb_secrets()' })).rejects.toThrow(
    'Cannot access directory "secrets" - file',
  );
});

test('a failure is told in the names of the workspace and without advice on settings', async () => {
  const files = memoryFiles({ 'in/broken.json': '{"a": 1' });
  const message = await run({ tables: { t: 'in/broken.json' }, query: 'select 1' }, files).then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
  expect(message).toContain('"in/broken.json"');
  expect(message).not.toMatch(/perdure-sql|0\.json|Try increasing/);
  await expect(run({ query: 'select (select unnest([1, 2]))' })).rejects.toThrow(/single row\.$/);
  await expect(run({ query: 'select st_area(1)' })).rejects.toThrow(/in the spatial extension\.$/);
  await expect(run({ query: 'select list(range) from range(100000000)' })).rejects.toThrow(/ used\)$/);
  await expect(run({ query: "select 'SET a=1', nonsense" })).rejects.toThrow(
    "LINE 1: select 'SET a=1', nonsense",
  );
});
