import { expect, test } from 'vitest';
import { jsonOf } from './output.js';

test('JSON is the same value, and holds nothing that a terminal obeys', () => {
  const value = { text: 'a\u001b[31m\u009b31m\u202eb', list: [1, null], ü: '漢字' };
  const text = jsonOf(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).toBe('{"text":"a\\u001b[31m\\u009b31m\\u202eb","list":[1,null],"ü":"漢字"}');
  expect(jsonOf(undefined)).toBe('null');
});
