import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../contracts/plan.js';
import { chartTool } from './chart.js';
import { javascriptTool } from './javascript.js';
import { templateTool } from './template.js';
import { memoryFiles, toolContext } from './testing/tool-context.js';
import type { Tool } from './tool.js';

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
  ['return nonsense', 'tool_failed'],
  ['syntax error', 'tool_failed'],
  ['await new Promise(() => {})', 'tool_failed'],
])('javascript that must not go on: %s', async (code, expected) => {
  await expect(run(javascriptTool, { code, timeLimitMs: 500 })).rejects.toMatchObject({ code: expected });
});
