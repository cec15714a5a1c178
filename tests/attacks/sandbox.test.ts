/** Code, queries, templates and compressed answers that want out of where they are, or want all there is. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { createHttpFetch } from '../../src/tools/http-fetch.js';
import { javascriptTool } from '../../src/tools/javascript.js';
import { sqlTool } from '../../src/tools/sql.js';
import { templateTool } from '../../src/tools/template.js';
import { startServer, type TestServer } from '../../src/tools/testing/http-server.js';
import { memoryFiles, toolContext } from '../../src/tools/testing/tool-context.js';
import type { Tool } from '../../src/tools/tool.js';
import { codeOf, ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('sandbox');
const CANARY = 'canary-outside-of-the-sandbox';

let folder: string;
let server: TestServer;
const bombs: Record<string, { encoding: string; body: Buffer }> = {
  gzip: { encoding: 'gzip', body: gzipSync(Buffer.alloc(300_000_000)) },
  brotli: { encoding: 'br', body: brotliCompressSync(Buffer.alloc(100_000_000)) },
  'gzip in gzip': { encoding: 'gzip, gzip', body: gzipSync(gzipSync(Buffer.alloc(300_000_000))) },
  'gzip ten times': {
    encoding: Array.from({ length: 10 }, () => 'gzip').join(', '),
    body: Array.from({ length: 9 }).reduce<Buffer>((inner) => gzipSync(inner), gzipSync(Buffer.alloc(1_000))),
  },
  'cut off': { encoding: 'gzip', body: gzipSync(Buffer.alloc(1_000_000, 'x')).subarray(0, 500) },
  'of no known form': { encoding: 'zstd-from-hell', body: Buffer.from('x') },
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-attack-'));
  await writeFile(path.join(folder, 'secret.csv'), `a\n${CANARY}\n`);
  server = await startServer((req, res) => {
    const bomb = bombs[decodeURIComponent(req.url?.slice(1) ?? '')];
    if (bomb === undefined) res.end('x'.repeat(100));
    else res.writeHead(200, { 'content-encoding': bomb.encoding }).end(bomb.body);
  });
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const run = async (tool: Tool, args: Record<string, JsonValue>): Promise<JsonValue> => {
  const files = memoryFiles({ 'own.csv': 'a,b\n1,2\n', 'x.json': '[]' });
  const result = await tool.execute(tool.args.parse(args), toolContext({ files }));
  return 'output' in result ? result.output : null;
};
/** What came of it: an error's code, or what is told of the outside. */
const seenOf = async (tool: Tool, args: Record<string, JsonValue>): Promise<string> => {
  let text: string;
  try {
    text = JSON.stringify(await run(tool, args));
  } catch (error) {
    text = String(error);
  }
  const told = [
    CANARY,
    process.version,
    process.env.PATH ?? 'no path',
    '/root/',
    'root:x:0',
    os.hostname(),
    String(process.pid),
  ];
  const leak = told.find((word) => word.length > 4 && text.includes(word));
  return leak === undefined ? 'nothing told' : `told: ${text.slice(0, 200)}`;
};
const PROBES = `[typeof process, typeof require, typeof module, typeof fetch, typeof XMLHttpRequest, typeof WebSocket, typeof Deno, typeof Bun]`;

const javascript: Record<string, string> = {
  'names of Node': `const found = ${PROBES}; if (found.some((t) => t !== 'undefined')) throw new Error('process: ' + found); return found`,
  'the constructor of a function': `return (function () {}).constructor('return typeof process.version')()`,
  'the constructor’s constructor of what it was given': `return data.constructor.constructor('return process.version')()`,
  'the constructor of console.log': `return console.log.constructor('return process.version')()`,
  'an import': `return import('node:fs').then((fs) => fs.readFileSync('/etc/passwd', 'utf8'))`,
  'an import of a worker': `return import('node:worker_threads')`,
  eval: `return eval('process.version')`,
  'an indirect eval': `return (0, eval)('this.process && process.version')`,
  'the stack of an error': `Error.prepareStackTrace = (e, s) => s.map((c) => c.getThis && c.getThis()); return String(new Error().stack)`,
  'the caller of a function': `function f() { return f.caller && f.caller.arguments } return f()`,
  'arguments.callee': `return (function () { return arguments.callee.caller })()`,
  'a proxy around what is returned': `return new Proxy({}, { get: () => process.version, ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) })`,
  toJSON: `return { toJSON() { return typeof process === 'undefined' ? 'none' : process.version } }`,
  'a getter': `return Object.defineProperty({}, 'a', { enumerable: true, get() { return typeof std } })`,
  'the engine’s own modules': `return import('std').then((std) => std.loadFile('/etc/passwd'))`,
  'the engine’s os': `return import('os').then((o) => o.exec(['id']))`,
  'a changed JSON': `JSON.stringify = () => '{"value":"x"}'; JSON.parse = () => process.version; return 1`,
  'a changed promise': `Promise.prototype.then = function () { return process.version }; return Promise.resolve(1)`,
  'a prototype in what is returned': `return JSON.parse('{"__proto__":{"polluted":1}}')`,
  'a worker thread': `return new Worker('/etc/passwd')`,
  'shared memory': `return typeof SharedArrayBuffer === 'undefined' ? 1 : new Int32Array(new SharedArrayBuffer(8))`,
  WebAssembly: `return typeof WebAssembly`,
  'the end of a template': '} ; return process.version ; {',
  'a comment that ends the function': `*/ return process.version /*`,
  'constructors of functions that wait': `const f = [async () => 1, function* () {}, async function* () {}].map((f) => f.constructor); return Promise.all(f.map(async (F) => { const made = F('return typeof process === "undefined" ? 0 : process.version')(); return typeof made.next === 'function' ? (await made.next()).value : made }))`,
  'a kind of its own for what it was given': `class A extends Array { static get [Symbol.species]() { return function () { return this.constructor.constructor('return process.version')() } } } return A.from([1]).map(String)`,
  'a stack that is made by a proxy': `Error.prepareStackTrace = new Proxy(() => 0, { apply: (t, self, [e, frames]) => frames.map((f) => String(f.getFunction?.()?.constructor('return process.version')())) }); try { null.x } catch (e) { return String(e.stack) }`,
  'a promise that only looks like one': `return { then(done) { done(typeof process === 'undefined' ? done.constructor('return typeof process')() : process.version) } }`,
  'a getter on the prototype of all': `Object.defineProperty(Object.prototype, 'value', { get: () => process.version, set() { throw new Error('set') } }); return { a: 1 }`,
  'an error that lies of itself': `const e = new Error('x'); Object.defineProperty(e, 'message', { get() { return process.version } }); throw e`,
  'bytes of WebAssembly': `return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`,
  'the end of an object': `let seen = 'none'; new FinalizationRegistry((x) => { seen = x.constructor.constructor('return process.version')() }).register({}, {}); return seen`,
  'a use of with': `with (globalThis) { return typeof process }`,
};
for (const [name, code] of Object.entries(javascript))
  attack(`JavaScript: ${name}`, 'nothing told', () => seenOf(javascriptTool, { code, data: { a: 1 } }));
const javascriptBombs: Record<string, string> = {
  'a loop': 'for (;;) {}',
  memory: 'const a = []; for (;;) a.push(new Array(1e6).fill(1))',
  'typed arrays': 'const a = []; for (;;) a.push(new Uint8Array(1e8).fill(1))',
  'a text that doubles': `let s = 'x'; for (;;) s += s`,
  recursion: 'const f = () => f() + 1; return f()',
  'a regular expression': `return /^(a+)+$/.test('a'.repeat(40) + '!')`,
  promises: 'const f = () => Promise.resolve().then(f); return f()',
  'a large answer': `return 'x'.repeat(60e6)`,
  logs: `for (;;) console.log('x'.repeat(1e5))`,
  'a wait of the whole thread': 'Atomics.wait(new Int32Array(new SharedArrayBuffer(8)), 0, 0); for (;;) {}',
  'JSON, deep': `return JSON.parse('['.repeat(5e6) + ']'.repeat(5e6))`,
  'an answer, deep': `let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a`,
  'one array of bytes': 'const a = new Uint8Array(2 ** 31 - 1).fill(1); for (;;) a.length',
  'a large number': 'let n = 3n; for (;;) n *= n',
  'a text padded': `for (;;) 'x'.padEnd(2 ** 29).padEnd(2 ** 30 - 100, 'y')`,
  'a generator without end': 'return [...(function* () { for (;;) yield {} })()]',
  'a getter without end': `return { toJSON() { for (;;) {} } }`,
  sorting: `const a = Array.from({ length: 1e7 }, (_, i) => -i); for (;;) a.sort()`,
};
for (const [name, code] of Object.entries(javascriptBombs))
  attack(
    `a bomb of JavaScript: ${name}`,
    /^(?:tool_limit_exceeded|tool_timeout|tool_failed)$/,
    () => codeOf(run(javascriptTool, { code, timeLimitMs: 500 })),
    60_000,
  );

const sql = (): Record<string, string> => ({
  'another file': `select * from read_csv('${folder}/secret.csv')`,
  'another file by its name': `select * from '${folder}/secret.csv'`,
  'a text': `select * from read_text('${folder}/secret.csv')`,
  bytes: `select * from read_blob('/etc/passwd')`,
  'a list of files': `select * from glob('/r??t/*')`,
  'the web': `select * from read_csv('http://127.0.0.1:1/x.csv')`,
  S3: `select * from 's3://bucket/x.parquet'`,
  'an extension': `install httpfs`,
  'a loaded extension': `load '/tmp/x.duckdb_extension'`,
  'another database': `attach '${folder}/x.db'`,
  'a copy to elsewhere': `copy (select 1) to '${folder}/out.csv'`,
  'a copy from elsewhere': `copy own from '/etc/passwd'`,
  'an export': `export database '${folder}'`,
  settings: `set enable_external_access = true`,
  'a reset of settings': `reset enable_external_access`,
  'the environment': `select getenv('PATH')`,
  'the settings, read': `select * from duckdb_settings() where name like '%directory%' and value like '/root/%'`,
  secrets: `create secret x (type s3, key_id 'a', secret 'b')`,
  'two statements': `select 1; select * from read_text('/etc/passwd')`,
  'a comment that hides': `select 1 /* ; */ union all select content from read_text('/etc/passwd')`,
  'a macro': `create macro f() as table select * from read_text('/etc/passwd')`,
  'a pragma': `pragma database_list`,
  'a table out of the tree': `select * from "../../../etc/passwd"`,
  'links of /proc': `select * from read_text('/proc/self/environ')`,
  'parquet’s metadata': `select * from parquet_metadata('${folder}/secret.csv')`,
  'a shell': `select * from read_csv('| id')`,
  'a query in a text': `select * from query('select content from read_text(''/etc/passwd'')')`,
  'a query as JSON': `from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''/etc/passwd'')'))`,
  'a way out of the folder for results': `select * from read_text('out/../../../../../../etc/passwd')`,
  'what lies beside the folder for results': `select * from glob('out/../*')`,
  'a file sniffed at': `select * from sniff_csv('/etc/passwd')`,
  'a database read as a table': `select * from read_duckdb('${folder}/x.db')`,
  'a file by a subquery': `select 1 as a order by (select content from read_text('/etc/hostname'))`,
  'the memory of the process': `select * from read_blob('/proc/self/mem')`,
  'a table by a name that is a file': `select * from query_table('${folder}/secret.csv')`,
  'what sorts after the statement': `select 1\n) union all (select content from read_text('/etc/passwd')`,
  'secrets of the engine': `select * from duckdb_secrets()`,
});
for (const name of Object.keys(sql()))
  attack(
    `SQL: ${name}`,
    'nothing told',
    () => seenOf(sqlTool, { query: sql()[name] ?? '', tables: { own: 'own.csv' } }),
    60_000,
  );
// Statements that only read, by functions that write: what is told of the engine's own doings.
for (const [name, call] of Object.entries({
  'a log': (file: string) => `enable_logging(storage='file', storage_path='${file}')`,
  'a log by its settings': (file: string) =>
    `enable_logging('QueryLog', storage='file', storage_config={'path':'${file}'})`,
  'a profile': (file: string) => `enable_profiling(format='query_tree', save_location='${file}.txt')`,
  'a profile as JSON': (file: string) => `enable_profiling(format='json', save_location='${file}.json')`,
}))
  attack(
    `SQL that writes elsewhere: ${name}`,
    'nothing written',
    async () => {
      const before = await readdir(folder);
      const query = `select * from ${call(path.join(folder, 'written'))}`;
      const code = await codeOf(run(sqlTool, { query, tables: { own: 'own.csv' } }));
      const more = (await readdir(folder)).filter((each) => !before.includes(each));
      return more.length === 0 && code === 'tool_failed' ? 'nothing written' : `${code}: ${more.join()}`;
    },
    60_000,
  );
attack(
  'a bomb of SQL: a product of products',
  /^tool_/,
  () =>
    codeOf(
      run(sqlTool, {
        query:
          'select count(*) from range(1e6) a, range(1e6) b, range(1e6) c where a.range + b.range = c.range + 0.5',
      }),
    ),
  90_000,
);
attack(
  'a bomb of SQL: memory',
  /^tool_/,
  () => codeOf(run(sqlTool, { query: `select list(repeat('x', 1000000)) from range(1e6)` })),
  90_000,
);

attack(
  'a bomb of SQL: a file that is a thousand times as long as its rows',
  'tool_limit_exceeded',
  () =>
    codeOf(
      run(sqlTool, {
        query: `select true as "${'x'.repeat(200)}" from range(20000000)`,
        saveAs: 'large.json',
      }),
    ),
  90_000,
);

const templates: Record<string, string> = {
  'an include': `{% include '/etc/passwd' %}`,
  'a render': `{% render '../../../etc/passwd' %}`,
  'a layout': `{% layout '/etc/passwd' %}`,
  'a constructor': '{{ a.constructor.constructor }}',
  'a prototype': '{{ a.__proto__.toString }}',
  'a property of a text': `{{ "x".constructor.name }}`,
  'an inherited filter': '{{ a | constructor }}',
};
for (const [name, template] of Object.entries(templates))
  attack(`a template: ${name}`, 'nothing told', () => seenOf(templateTool, { template, data: { a: 'x' } }));
for (const [name, template] of Object.entries({
  'a loop': '{% for i in (1..100000000) %}{% for j in (1..100000000) %}x{% endfor %}{% endfor %}',
  'a text that doubles': `{% assign s = 'xxxxxxxxxxxxxxxx' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}{{ s }}`,
}))
  attack(`a bomb of a template: ${name}`, /^tool_/, () => codeOf(run(templateTool, { template })), 60_000);

for (const name of Object.keys(bombs))
  attack(
    `an answer that is ${name}`,
    /^(?:tool_limit_exceeded|tool_failed|tool_unavailable)$/,
    () =>
      codeOf(
        run(createHttpFetch({ httpAllow: [server.host] }), {
          url: `${server.url}/${encodeURIComponent(name)}`,
        }),
      ),
    60_000,
  );

legitimate('JavaScript that counts', '{"value":6,"logs":["hi"]}', async () =>
  JSON.stringify(
    await run(javascriptTool, {
      code: `console.log('hi'); return data.reduce((a, b) => a + b, 0)`,
      data: [1, 2, 3],
    }),
  ),
);
legitimate('JavaScript that waits for a promise', '{"value":1,"logs":[]}', async () =>
  JSON.stringify(await run(javascriptTool, { code: 'return (async () => 1)()' })),
);
legitimate('SQL over its own file', /"rows":\[\{"n":3\}\]/, async () =>
  JSON.stringify(
    await run(sqlTool, { query: 'select (a + b)::int as n from own', tables: { own: 'own.csv' } }),
  ),
);
legitimate('a template', /"text":"Hello x"/, async () =>
  JSON.stringify(await run(templateTool, { template: 'Hello {{ a }}', data: { a: 'x' } })),
);
legitimate('a plain answer', /"bytes":100/, async () =>
  JSON.stringify(await run(createHttpFetch({ httpAllow: [server.host] }), { url: `${server.url}/plain` })),
);

atLeast(90, 5);
