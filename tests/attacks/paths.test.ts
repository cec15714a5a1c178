/** Paths: over HTTP as sent, by tools, and past links on the disk, nothing outside of the run's own folder is touched. */
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import { createToolFiles } from '../../activities/tool-files.js';
import { createLocalWorkspace } from '../../src/adapters/local/local-workspace.js';
import { createApp } from '../../src/api/create-app.js';
import { createFakes, dependenciesOf } from '../../src/api/testing/fakes.js';
import { listen } from '../../src/api/testing/listen.js';
import { fileReadTool } from '../../src/tools/file-read.js';
import { fileWriteTool } from '../../src/tools/file-write.js';
import { toolContext } from '../../src/tools/testing/tool-context.js';
import { codeOf, ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('paths');
const CANARY = 'canary-of-the-neighbour';

let root: string;
let server: Awaited<ReturnType<typeof listen>>;
let runId: string;
const outside = (): string => path.join(root, 'outside.txt');
const scope = () => ({ tenantId: 'acme', runId });
const workspace = () => createLocalWorkspace(path.join(root, 'workspaces'));
const files = () => createToolFiles(workspace(), scope()).files;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'perdure-paths-'));
  const fakes = { ...createFakes(), workspace: workspace() };
  server = await listen(createApp(dependenciesOf(fakes as never)).app);
  const made = await fetch(`${server.url}/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      goal: 'g',
      plan: { steps: [{ id: 'a', tool: 'echo' }] },
      inputs: { files: [{ path: 'own.txt', content: 'own' }] },
    }),
  });
  ({ id: runId } = (await made.json()) as { id: string });
  await writeFile(outside(), CANARY);
  // The tenant of whoever does not sign in; a tenant and a run whose names begin so; another run of the same tenant.
  for (const [tenantId, other] of [
    ['acme', `${runId}0`],
    ['acme0', runId],
    ['acme', 'another'],
  ] as const)
    await workspace().put({ tenantId, runId: other }, 'own.txt', CANARY);
  await workspace().put(scope(), 'own.txt', 'own');
  const own = path.join(root, 'workspaces', 'acme', runId);
  await mkdir(own, { recursive: true });
  await symlink(outside(), path.join(own, 'link.txt'));
  await symlink(root, path.join(own, 'folder'));
  await link(outside(), path.join(own, 'hard.txt'));
  await symlink('/etc/passwd', path.join(own, 'passwd'));
  await symlink('/dev/zero', path.join(own, 'zero'));
  await symlink('/proc/self', path.join(own, 'proc'));
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true });
});

/** As it is written here: clients would tidy the address up. */
const raw = (method: string, address: string, body = ''): Promise<string> =>
  new Promise((resolve, reject) => {
    let got = '';
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(
        Buffer.from(
          `${method} ${address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n` +
            `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
          'utf8',
        ),
      );
    });
    socket.on('data', (data) => (got += data.toString('latin1'))).on('error', reject);
    socket.on('close', () => {
      resolve(got);
    });
  });
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

async function untouched(): Promise<string> {
  if ((await readFile(outside(), 'utf8')) !== CANARY) return ', and the neighbour is changed';
  const { content } = await workspace().get({ tenantId: 'acme0', runId }, 'own.txt');
  return (await buffer(content)).toString() === CANARY ? '' : ', and another tenant is changed';
}

/** What comes after `/files/`. */
const addresses = [
  ...[
    '../outside.txt',
    '../../outside.txt',
    '../../../outside.txt',
    '../../../../etc/passwd',
    '..',
    '.',
    './own.txt',
    'a/../own.txt',
  ],
  ...[
    '%2e%2e/outside.txt',
    '%2e%2e%2foutside.txt',
    '..%2foutside.txt',
    '..%2f..%2f..%2foutside.txt',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  ],
  ...[
    '%252e%252e%252foutside.txt',
    '..%252foutside.txt',
    '%25%32%65%25%32%65/outside.txt',
    '%c0%ae%c0%ae/outside.txt',
    '..%c0%afoutside.txt',
  ],
  ...[
    '/etc/passwd',
    '//etc/passwd',
    '%2fetc%2fpasswd',
    'C:%5cWindows%5cwin.ini',
    'C:/Windows/win.ini',
    '..%5coutside.txt',
    '..%5c..%5coutside.txt',
  ],
  ...[
    'own.txt%00',
    'own.txt%00.png',
    '%00',
    'a%0d%0aSet-Cookie:x',
    'a%0ab',
    'own.txt/',
    'own.txt//',
    'own.txt/.',
    'own.txt/x',
    'a//b',
  ],
  ...[
    '.perdure/inputs.json%00',
    '.PERDURE%2finputs.json',
    'link.txt',
    'hard.txt',
    'folder/outside.txt',
    'folder/',
    'passwd',
    'zero',
    'proc/environ',
    'proc/root/etc/passwd',
  ],
  ...[
    '%ff%fe',
    '%ed%a0%80',
    '%',
    '%2',
    '%zz',
    'a'.repeat(300),
    `${'a/'.repeat(600)}a`,
    '~/.ssh/id_rsa',
    '~root',
    '....//outside.txt',
    '..;/outside.txt',
  ],
  ...['\u202e/own.txt'.normalize(), '．．/outside.txt', '%e2%80%a5/outside.txt', '%uff0e%uff0e/outside.txt'],
];
for (const address of addresses)
  attack(`GET ${JSON.stringify(address.slice(0, 60))}`, /^4\d\d, nothing told$/, async () => {
    const answer = await raw('GET', `/v1/runs/${runId}/files/${address}`);
    const told = answer.includes(CANARY) || answer.includes('root:') || answer.includes('\r\n\r\nown');
    return `${statusOf(answer)}, ${told ? 'and told' : 'nothing told'}`;
  });

const hostile = addresses.filter(
  (address) => !/^(?:~|\.\.\.\.|\.\.;|[\u202e．]|%e2%80|%uff)/u.test(address) && address.length < 100,
);
for (const address of hostile.slice(0, 40))
  attack(`PUT ${JSON.stringify(address)}`, /^(?:4\d\d|201|204|200)$/, async () => {
    const answer = await raw('PUT', `/v1/runs/${runId}/files/${address}`, 'written');
    return `${statusOf(answer)}${await untouched()}`;
  });
for (const address of [
  '../outside.txt',
  '%2e%2e%2f%2e%2e%2foutside.txt',
  'link.txt',
  'hard.txt',
  'folder/outside.txt',
  '..',
  '/etc/hostname',
])
  attack(`DELETE ${JSON.stringify(address)}`, /^(?:4\d\d|204)$/, async () => {
    const answer = await raw('DELETE', `/v1/runs/${runId}/files/${address}`);
    return `${statusOf(answer)}${await untouched()}`;
  });

const byTools = [
  ...[
    '../outside.txt',
    '/etc/passwd',
    'a/../../outside.txt',
    '..\\outside.txt',
    'own.txt\0',
    '',
    '.',
    '%2e%2e/outside.txt',
    'C:\\x',
    'a//b',
    '\ud800',
  ],
];
for (const file of byTools) {
  const context = () => toolContext({ files: files() });
  attack(`file_read of ${JSON.stringify(file)}`, /^(?:ZodError|invalid_path|file_not_found)$/, () =>
    codeOf(
      Promise.resolve().then(() => fileReadTool.execute(fileReadTool.args.parse({ path: file }), context())),
    ),
  );
  attack(`file_write to ${JSON.stringify(file)}`, /^(?:ZodError|invalid_path)$/, async () => {
    const args = { path: file, content: 'written' };
    const seen = await codeOf(
      Promise.resolve().then(() => fileWriteTool.execute(fileWriteTool.args.parse(args), context())),
    );
    return `${seen}${await untouched()}`;
  });
}
for (const file of ['link.txt', 'hard.txt', 'folder/outside.txt', 'passwd', 'zero', 'proc/environ'])
  attack(`file_read through ${file}`, 'file_not_found', () => codeOf(files().read(file, 10_000)));
for (const file of ['.perdure/inputs.json', '.Perdure/x', '.perdure'])
  attack(`file_write to ${file}`, 'invalid_path', () => codeOf(files().write(file, 'written')));
for (const [tenantId, other] of [
  ['../acme0', 'x'],
  ['acme/../acme0', 'x'],
  ['.', '..'],
  ['acme', `../../acme0/x`],
] as const)
  attack(
    `a tenant called ${JSON.stringify(tenantId)} with a run ${JSON.stringify(other)}`,
    'file_not_found',
    () => codeOf(workspace().get({ tenantId, runId: other }, 'own.txt')),
  );

const names = [
  'a.txt',
  'deep/er/b.txt',
  'with blank.txt',
  'ümläut.txt',
  '日本語/ファイル.txt',
  '..a',
  'a..b',
  '...',
  'x'.repeat(200),
  '-rf',
  '$HOME',
  "it's",
];
for (const name of names)
  legitimate(JSON.stringify(name.slice(0, 40)), 'as written', async () => {
    const address = `${server.url}/v1/runs/${runId}/files/${name.split('/').map(encodeURIComponent).join('/')}`;
    const put = await fetch(address, { method: 'PUT', body: 'as written' });
    if (!put.ok) return `${put.status} ${await put.text()}`;
    return (await fetch(address)).text();
  });

atLeast(120, 12);
