/** A clock here that is wrong. */
import { expect, test } from 'vitest';
import { noteServerTime, serverNow } from './clock.js';

const noon = Date.parse('2026-11-26T12:00:00.000Z');

test('follows the server where this machine’s clock is wrong, and is itself where it is right', () => {
  expect(serverNow(noon)).toBe(noon);
  noteServerTime(new Date(noon).toUTCString(), noon + 800);
  expect(serverNow(noon)).toBe(noon);
  noteServerTime(new Date(noon).toUTCString(), noon - 300_000);
  expect(serverNow(noon - 300_000)).toBe(noon + 500);
  for (const nothing of [null, 'soon']) noteServerTime(nothing, noon);
  expect(serverNow(noon - 300_000)).toBe(noon + 500);
  noteServerTime(new Date(noon).toUTCString(), noon);
  expect(serverNow(noon)).toBe(noon);
});
