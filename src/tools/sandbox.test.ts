import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { chartTool } from './chart.js';
import { javascriptTool } from './javascript.js';
import { runInThread } from './run-in-thread.js';
import { templateTool } from './template.js';
import { memoryFiles, toolContext } from './testing/tool-context.js';
import type { Tool } from './tool.js';
import { valueOf } from './worker-answer.js';

const run = async (tool: Tool, args: Record<string, JsonValue>, files = memoryFiles()) => {
  const result = await tool.execute(tool.args.parse(args), toolContext({ files }));
  return 'output' in result ? result.output : null;
};
const bars = {
  mark: 'bar',
  encoding: { x: { field: 'a', type: 'nominal' }, y: { field: 'b', type: 'quantitative' } },
};

test('a chart is an SVG with its data drawn', async () => {
  const files = memoryFiles();
  const data = [
    { a: 'first', b: 1 },
    { a: 'second', b: 2 },
  ];
  expect(await run(chartTool, { spec: bars, data, saveAs: 'c.svg' }, files)).toMatchObject({
    path: 'c.svg',
    warnings: [],
  });
  const svg = (await buffer((await files.open('c.svg')).content)).toString();
  expect(svg).toMatch(/^<svg/);
  expect(svg).toContain('second');
});

test.each([
  [{ mark: 'bar', data: { url: 'file:///etc/passwd' }, encoding: bars.encoding }],
  [{ mark: 'bar', data: { url: 'http://127.0.0.1/x.json' }, encoding: bars.encoding }],
  [{ mark: 'nonsense' }],
])('a chart that cannot be drawn fails: %j', async (spec) => {
  await expect(run(chartTool, { spec, saveAs: 'c.svg' })).rejects.toMatchObject({ code: 'tool_failed' });
});

test('a chart of more than there is memory for ends by itself', { timeout: 90_000 }, async () => {
  const spec = { mark: 'point', data: { sequence: { start: 0, stop: 1e9 } } };
  await expect(run(chartTool, { spec, saveAs: 'c.svg' })).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
  });
});

const leading = (spec: Record<string, JsonValue>): Record<string, JsonValue> => ({
  data: { values: [{ a: 1, u: 'http://outside.example/x' }] },
  encoding: { x: { field: 'a', type: 'quantitative' } },
  ...spec,
});

test.each([
  { mark: { type: 'point', href: 'javascript:alert(1)' } },
  { mark: 'point', encoding: { href: { field: 'u' } } },
  { mark: { type: 'image', url: 'http://outside.example/x.png', width: 9, height: 9 } },
  { mark: { type: 'bar', color: 'url(http://outside.example/#x)' } },
  { mark: { type: 'bar', color: 'u\\72l(//outside.example/#x)' } },
  { mark: 'bar', background: 'url("//outside.example/#x")' },
])('a chart that leads outside fails: %j', async (spec) => {
  const files = memoryFiles();
  await expect(run(chartTool, { spec: leading(spec), saveAs: 'c.svg' }, files)).rejects.toMatchObject({
    code: 'tool_failed',
    message: 'the chart cannot be drawn: a chart has no links and loads no images',
  });
  expect(await files.list()).toEqual([]);
});

test.each([
  { mark: 'text', encoding: { text: { field: 'u' } } },
  {
    mark: 'bar',
    title: 'a > "http://outside.example" = <b href="x">',
    description: 'see http://outside.example',
  },
  {
    mark: {
      type: 'bar',
      clip: true,
      color: {
        gradient: 'linear',
        stops: [
          { offset: 0, color: 'red' },
          { offset: 1, color: 'blue' },
        ],
      },
    },
  },
])('a chart may speak of an address and refer to its own parts: %j', async (spec) => {
  expect(await run(chartTool, { spec: leading(spec), saveAs: 'c.svg' })).toMatchObject({ path: 'c.svg' });
});

test('what nobody in a thread waits for is a failure with its message', async () => {
  const program = 'void Promise.reject(new TypeError("lost")); setInterval(() => undefined, 1000);';
  const answer = await runInThread({
    file: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
    data: null,
    timeoutMs: 20_000,
    heapMb: 64,
    signal: new AbortController().signal,
  });
  expect(() => valueOf(answer, 'the work: ')).toThrow(
    expect.objectContaining({ code: 'tool_failed', message: 'the work: lost' }),
  );
});

test('a template that goes on and on holds nothing else up', async () => {
  const many = '{% for i in (1..3000) %}';
  const template = `${many}${many}${many}{{ i | times: 2 }}{% endfor %}{% endfor %}{% endfor %}`;
  let last = performance.now();
  let longest = 0;
  const pulse = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  await expect(run(templateTool, { template })).rejects.toMatchObject({ code: 'tool_limit_exceeded' });
  longest = Math.max(longest, performance.now() - last);
  clearInterval(pulse);
  // The limit is five seconds, all of which the loop would have been blocked for.
  expect(longest).toBeLessThan(3_000);
});

test('a template is filled in, saved, and strict', async () => {
  const template = '{% for r in rows %}{{ r.n | times: 2 | round: 1 }};{% endfor %}';
  const data = { rows: [{ n: 1 }, { n: 2.26 }] };
  expect(await run(templateTool, { template, data })).toEqual({ text: '2;4.5;', bytes: 6 });
  expect(await run(templateTool, { template, data, saveAs: 'r.md' })).toEqual({ path: 'r.md', bytes: 6 });
});

test.each([
  ['{{ missing }}', 'tool_failed'],
  ['{% include "/etc/passwd" %}', 'tool_failed'],
  ['{% if %}', 'tool_failed'],
  ['{% for i in (1..100000000) %}{{ i }}{% endfor %}', 'tool_limit_exceeded'],
])('the template %s is refused', async (template, code) => {
  await expect(run(templateTool, { template })).rejects.toMatchObject({ code });
});

test.each<[string, JsonValue, JsonValue]>([
  ['return data.map((x) => x * 2)', [1, 2], { value: [2, 4], logs: [] }],
  ['console.log("hello", {a: 1}); return null', null, { value: null, logs: ['hello {"a":1}'] }],
  ['console.log(12n, { n: 12n }); return 1', null, { value: 1, logs: ['12n [object Object]'] }],
  ['const a = {}; a.a = a; console.log(a); return 1', null, { value: 1, logs: ['[object Object]'] }],
  ['return await Promise.resolve(5)', null, { value: 5, logs: [] }],
  ['', null, { value: null, logs: [] }],
  [
    'return [typeof process, typeof require, typeof fetch, typeof WebAssembly]',
    null,
    { value: ['undefined', 'undefined', 'undefined', 'undefined'], logs: [] },
  ],
  ['return this.constructor.constructor("return typeof process")()', null, { value: 'undefined', logs: [] }],
])('javascript: %s', async (code, data, expected) => {
  expect(await run(javascriptTool, { code: code || ' ', data })).toEqual(expected);
});

test.each([
  ['for (;;) {}', 'tool_limit_exceeded'],
  ['const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))', 'tool_limit_exceeded'],
  ['let s = "x"; for (;;) s += s', 'tool_limit_exceeded'],
  ['return "x".repeat(2e6)', 'tool_limit_exceeded'],
  ['const f = () => f(); f()', 'tool_failed'],
  ['throw new TypeError("mine")', 'tool_failed'],
  ['throw new Error("out of memory")', 'tool_failed'],
  ['throw null', 'tool_failed'],
  ['return nonsense', 'tool_failed'],
  ['syntax error', 'tool_failed'],
  ['await new Promise(() => {})', 'tool_failed'],
])('javascript that must not go on: %s', async (code, expected) => {
  await expect(run(javascriptTool, { code, timeLimitMs: 500 })).rejects.toMatchObject({ code: expected });
});

test.each([
  'const a = []; for (;;) a.push({})',
  'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))',
  'let s = "x"; for (;;) s += s',
])('javascript without memory says so: %s', async (code) => {
  await expect(run(javascriptTool, { code, timeLimitMs: 10_000 })).rejects.toMatchObject({
    code: 'tool_limit_exceeded',
    message: expect.stringMatching(/^used more memory than it may/) as string,
  });
});
