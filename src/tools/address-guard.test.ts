/** Tests of the address guard: what is refused, what passes, what the operator's list opens. */
import type { LookupAddress } from 'node:dns';
import { expect, test } from 'vitest';
import { addressProblem, createAddressGuard } from './address-guard.js';

const answers =
  (...addresses: string[]) =>
  (): Promise<LookupAddress[]> =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

const refused = { code: 'address_not_allowed' };
const open = createAddressGuard({ allow: [], resolve: answers('93.184.215.14') });

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0x7f000001/',
  'http://017700000001/',
  'http://0177.0.0.1/',
  'http://１２７.0.0.1/',
  'http://0/',
  'http://0.0.0.0/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.100.100.200/',
  'http://168.63.129.16/',
  'http://192.0.0.192/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:8.8.8.8]/',
  'http://[::ffff:0:7f00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://[64:ff9b:1::7f00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2001:0:7f00:1::]/',
  'http://[2001:db8::1]/',
  'http://[3fff::1]/',
  'http://[2001:2::1]/',
  'http://[100::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[4000::1]/',
  'ftp://example.com/',
  'file:///etc/passwd',
  'gopher://example.com/',
  'http://user@example.com/',
  'http://user:pass@example.com/',
  'http://example.com:22/',
  'http://example.com:25/',
  'http://example.com:6667/',
  'https://example.com:2049/',
])('refuses %s', async (url) => {
  await expect(open.check(new URL(url))).rejects.toMatchObject(refused);
});

test('refuses localhost by what it resolves to', async () => {
  await expect(createAddressGuard({ allow: [] }).check(new URL('http://localhost/'))).rejects.toMatchObject(
    refused,
  );
});

test('refuses a name when one of its addresses is not public', async () => {
  const guard = createAddressGuard({ allow: [], resolve: answers('93.184.215.14', '10.0.0.1') });
  await expect(guard.check(new URL('http://mixed.example/'))).rejects.toMatchObject(refused);
  const scoped = createAddressGuard({ allow: [], resolve: answers('fe80::1%eth0') });
  await expect(scoped.check(new URL('http://scoped.example/'))).rejects.toMatchObject(refused);
});

test.each([
  'http://example.com/',
  'https://example.com:8443/',
  'http://8.8.8.8/',
  'https://[2606:4700::1111]/',
])('lets %s pass', async (url) => {
  expect(await open.check(new URL(url))).toHaveLength(1);
});

test('gives all addresses of a name', async () => {
  const guard = createAddressGuard({ allow: [], resolve: answers('93.184.215.14', '2606:4700::1111') });
  expect((await guard.check(new URL('http://both.example/'))).map(({ address }) => address)).toEqual([
    '93.184.215.14',
    '2606:4700::1111',
  ]);
});

test('the list opens exactly what stands in it', async () => {
  const guard = createAddressGuard({
    allow: ['127.0.0.1:81', 'Intern.example', '[::1]:8080', 'web.example:80'],
    resolve: answers('10.0.0.1'),
  });
  for (const url of [
    'http://127.0.0.1:81/',
    'http://2130706433:81/',
    'http://intern.example/',
    'https://intern.example:8443/',
    'http://[::1]:8080/',
    'http://web.example/',
  ])
    expect(await guard.check(new URL(url)), url).toHaveLength(1);
  for (const url of [
    'http://127.0.0.1/',
    'http://127.0.0.1:8081/',
    'http://127.0.0.2:81/',
    'http://intern.example:22/',
    'http://a.intern.example/',
    'http://intern.example.com/',
    'http://user@intern.example/',
    'ftp://intern.example/',
    'http://[::1]/',
    'https://web.example/',
  ])
    await expect(guard.check(new URL(url)), url).rejects.toMatchObject(refused);
});

test('a resolver that answers with nonsense is refused', () => {
  expect(addressProblem('not an address')).toBeDefined();
  expect(addressProblem('')).toBeDefined();
});

test('the message names neither user nor password nor the address behind a name', async () => {
  const guard = createAddressGuard({ allow: [], resolve: answers('10.1.2.3') });
  const messageOf = (url: string): Promise<string> =>
    guard.check(new URL(url)).then(
      () => '',
      (error: unknown) => String(error),
    );
  expect(await messageOf('http://me:secret@example.com/')).not.toMatch(/secret|me:/);
  expect(await messageOf('http://example.org/')).toMatch(/private/);
  expect(await messageOf('http://example.org/')).not.toContain('10.1.2.3');
});
