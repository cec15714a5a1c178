import { expect, test } from 'vitest';
import { createSilenceWatch } from './silent-workers.js';

/** @returns looks at a worker `a` that spoke last at so many seconds of its own clock, at so many seconds of ours */
function watch(): (at: number, ...told: number[]) => string[] {
  let clock = 0;
  const watched = createSilenceWatch(() => clock * 1_000);
  return (at, ...told) => {
    clock = at;
    return [
      ...watched.silent(
        told.map((seconds) => ({
          identity: 'a',
          lastHeartbeatAt: new Date(1_700_000_000_000 + seconds * 1_000).toISOString(),
        })),
      ),
    ];
  };
}

test('a worker is silent once three of its words have not come, and no more with the next', () => {
  const look = watch();
  expect(look(0, 0)).toEqual([]);
  expect(look(14, 0)).toEqual([]);
  expect(look(16, 0)).toEqual(['a']);
  expect(look(60, 0)).toEqual(['a']);
  expect(look(61, 61)).toEqual([]);
});

test('its clock may be behind or ahead of ours by hours', () => {
  for (const skew of [-7_200, 7_200]) {
    const look = watch();
    for (const at of [0, 5, 10, 15, 20, 25]) expect(look(at, at + skew)).toEqual([]);
    expect(look(41, 25 + skew)).toEqual(['a']);
  }
});

test('a worker that spoke since the last look, long ago, and then no more', () => {
  const look = watch();
  expect(look(0, 0)).toEqual([]);
  expect(look(3_600, 3_540)).toEqual(['a']);
  expect(look(3_605, 3_540)).toEqual(['a']);
});

test('a clock that is put back makes no worker silent that speaks', () => {
  const look = watch();
  expect(look(0, 1_000)).toEqual([]);
  for (const at of [5, 10, 15, 20, 25, 30]) expect(look(at, at)).toEqual([]);
});

test('of a process that built its worker anew, the newer word counts', () => {
  const look = watch();
  expect(look(0, 0)).toEqual([]);
  expect(look(20, 0, 19)).toEqual([]);
  expect(look(30, 0, 29)).toEqual([]);
});

test('one that is forgotten by Temporal is begun with anew', () => {
  const look = watch();
  expect(look(0, 0)).toEqual([]);
  expect(look(20, 0)).toEqual(['a']);
  expect(look(25)).toEqual([]);
  expect(look(30, 0)).toEqual([]);
});
