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
