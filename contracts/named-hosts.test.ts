import { expect, test } from 'vitest';
import { isNamedHost, settledUrl } from './named-hosts.js';

const goal =
  'Read https://Docs.example.com/guide?x=1, www.example.org and bücher.example, then 10.0.0.7:8080.';
test.each([
  ['https://docs.example.com/other', true],
  ['http://www.example.org', true],
  ['https://xn--bcher-kva.example/', true],
  ['http://10.0.0.7:8080/x', true],
  ['http://10.0.0.7/x', false],
  ['https://example.com/', false],
  ['https://evil.docs.example.com/', false],
  ['https://docs.example.com.evil.test/', false],
  ['https://xdocs.example.com/', false],
  ['https://evil.test/?q=docs.example.com', false],
  ['https://docs.example.com@evil.test/', false],
])('a goal that names hosts names %s: %s', (url, expected) => {
  expect(isNamedHost(new URL(url), { hosts: [], texts: [goal] })).toBe(expected);
});

test('a long text is read once', () => {
  for (const text of ['x'.repeat(500_000), 'x.'.repeat(250_000), `${'-'.repeat(500_000)}.`])
    expect(isNamedHost(new URL('https://a.example/'), { hosts: [], texts: [text] })).toBe(false);
});

test.each([
  ['https://api.example.com/', ['api.example.com'], true],
  ['https://api.example.com:8443/', ['api.example.com:8443'], true],
  ['https://api.example.com:8443/', ['api.example.com:443'], false],
  ['https://a.b.example.com/', ['*.Example.com'], true],
  ['https://example.com/', ['*.example.com'], false],
  ['https://evilexample.com/', ['*.example.com'], false],
  ['https://anything.test/', ['*'], true],
])('%s by the list %j: %s', (url, hosts, expected) => {
  expect(isNamedHost(new URL(url), { hosts, texts: [] })).toBe(expected);
});

test.each([
  ['https://a.example/x?q={{steps.a.output}}', 'a.example'],
  ['https://a.example?{{steps.a.output}}', 'a.example'],
  ['https://a.example', 'a.example'],
  ['https://a.example{{steps.a.output}}', undefined],
  ['https://{{steps.a.output}}.example/', undefined],
  ['{{steps.a.output.url}}', undefined],
  ['https://good.example\\{{steps.a.output}}', undefined],
  ['no address', undefined],
  [{ url: 5 }, undefined],
])('%j leads to %s', (argument, host) => {
  expect(settledUrl(argument)?.host).toBe(host);
});
