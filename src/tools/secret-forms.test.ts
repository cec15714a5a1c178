import { expect, test } from 'vitest';
import { createRedaction } from './named-secrets/redaction.js';
import { redactor } from './secrets.js';

const VALUE = `tok-AbC/+x"y\\z<é>'&-0123456789`;
const json = JSON.stringify(VALUE);
const markup = VALUE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const answers: Record<string, string> = {
  'as it stands': VALUE,
  JSON: json,
  'JSON with escaped slashes, as PHP writes it': json.replaceAll('/', '\\/'),
  'JSON of ASCII alone, as Python writes it': json.replaceAll('é', '\\u00e9'),
  'JSON in JSON': JSON.stringify({ said: json }),
  'JSON of ASCII in JSON': JSON.stringify({ said: json.replaceAll('é', '\\u00e9') }),
  'a part of an address': encodeURIComponent(VALUE),
  'the same in small letters': encodeURIComponent(VALUE).replaceAll(/%../g, (code) => code.toLowerCase()),
  'a whole address': encodeURI(VALUE),
  'a form': new URLSearchParams({ a: VALUE }).toString(),
  'an address in an address': encodeURIComponent(encodeURIComponent(VALUE)),
  markup: markup,
  'an attribute': markup.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'hexadecimal digits': Buffer.from(VALUE).toString('hex'),
  'the same in capitals': Buffer.from(VALUE).toString('hex').toUpperCase(),
  'basic sign-in': Buffer.from(`somebody:${VALUE}`).toString('base64'),
  'base64 for addresses': Buffer.from(`x${VALUE}`).toString('base64url'),
};

test.each(Object.entries(answers))('a service that answers with %s tells nobody', (_, answer) => {
  const named = createRedaction([{ name: 'key', value: VALUE }]).text(answer);
  expect(named).toContain('[secret key]');
  expect(named).not.toMatch(/0123456789|MDEyMzQ1Njc4|303132333435/);
  const declared = redactor(['Bearer ${PERDURE_SECRET_KEY}'], () => VALUE)(answer);
  expect(declared).toContain('[secret]');
  expect(declared).not.toMatch(/0123456789|MDEyMzQ1Njc4|303132333435/);
});

test('what is none of it stays as it is', () => {
  for (const text of ['tok-AbC', 'nothing of the kind', JSON.stringify({ a: 'b/c' })]) {
    expect(createRedaction([{ name: 'key', value: VALUE }]).text(text)).toBe(text);
    expect(redactor(['${PERDURE_SECRET_KEY}'], () => VALUE)(text)).toBe(text);
  }
});
