/** Where steps stand. */
import { expect, test } from 'vitest';
import { layersOf, stepBeside } from './plan-layers.js';

const step = (id: string, ...dependsOn: string[]) => ({ id, dependsOn });

test('each step stands to the right of all it waits for, and no two in one place', () => {
  const steps = [
    step('a'),
    step('b'),
    step('c', 'a'),
    step('d', 'a', 'c'),
    step('e', 'b', 'd'),
    step('f', 'b'),
  ];
  const { placed, edges, columns } = layersOf(steps);
  for (const { from, to } of edges) expect(to.column).toBeGreaterThan(from.column);
  expect(new Set(placed.map(({ column, row }) => `${column}/${row}`)).size).toBe(steps.length);
  expect([edges.length, columns]).toEqual([6, 4]);
});

test('what runs side by side does not cross', () => {
  const { placed } = layersOf([step('a'), step('b'), step('b2', 'b'), step('a2', 'a')]);
  const row = (id: string): number | undefined => placed.find((one) => one.id === id)?.row;
  expect([row('a2'), row('b2')]).toEqual([row('a'), row('b')]);
});

test('a thousand steps in a row, what is unknown, and even a circle come to an end', () => {
  const chain = Array.from({ length: 1_000 }, (_, i) => step(`s${i}`, ...(i === 0 ? [] : [`s${i - 1}`])));
  expect(layersOf(chain).columns).toBe(1_000);
  expect(layersOf(chain.toReversed()).columns).toBe(1_000);
  expect(layersOf([step('a', 'gone', 'a')]).edges).toEqual([]);
  expect(layersOf([step('a', 'b'), step('b', 'a')]).placed).toHaveLength(2);
  expect(layersOf([]).columns).toBe(0);
});

test('keys lead along the edges, and up and down within a column', () => {
  const layers = layersOf([step('a'), step('b'), step('a2', 'a'), step('b2', 'b')]);
  const beside = (id: string, key: string) => stepBeside(layers, id, key);
  expect(beside('a', 'ArrowRight')).toBe('a2');
  expect(beside('b2', 'ArrowLeft')).toBe('b');
  expect([beside('a', 'ArrowDown'), beside('b', 'ArrowUp')]).toEqual(['b', 'a']);
  expect([
    beside('a', 'ArrowLeft'),
    beside('b', 'ArrowDown'),
    beside('a', 'x'),
    beside('gone', 'ArrowUp'),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});
