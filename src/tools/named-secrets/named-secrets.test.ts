/** Secrets by name: where their values go, where they do not, and that none comes back. */
import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import { createToolRegistry } from '../registry.js';
import { startServer, type TestServer } from '../testing/http-server.js';
import { memoryFiles, toolContext } from '../testing/tool-context.js';
import { defineTool, type Tool, type ToolContext } from '../tool.js';
import { secretsFileSchema } from './declaration.js';
import { createNamedSecrets, type NamedSecret } from './named-secrets.js';
import { createRedaction } from './redaction.js';

const VALUE = 's3cr3t/+"ü canary';
const HEADER_VALUE = 'ghp_canary+of/the=tests';
const open: TestServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});
const secret = (more: Partial<NamedSecret>): NamedSecret => ({
  ...{ name: 'github', value: HEADER_VALUE, hosts: [], tools: [] },
  ...more,
});
/** Answers with all that it was sent, in several spellings. */
async function echoServer(seen: string[]): Promise<TestServer> {
  const server = await startServer((req, res) => {
    const given = req.headers.authorization ?? '';
    seen.push(given);
    if (req.url === '/away') {
      res.writeHead(302, { location: `http://localhost:${server.host.split(':')[1] ?? ''}/` }).end();
      return;
    }
    res.setHeader('x-was', given);
    if (req.url === '/fails') res.statusCode = 400;
    res.end(
      [
        given,
        encodeURIComponent(given),
        Buffer.from(given).toString('base64'),
        Buffer.from(`a${given}`).toString('base64'),
      ].join('\n'),
    );
  });
  open.push(server);
  return server;
}
const call = async (
  tool: Tool | undefined,
  args: Record<string, JsonValue>,
  context: Partial<ToolContext> = {},
) => {
  if (tool === undefined) throw new Error('there is no such tool');
  return tool.execute(tool.args.parse(args), toolContext(context));
};
const authorization = { authorization: 'Bearer {{secrets.github}}' };

test('http_fetch sends it to its host alone, and what comes back is without it', async () => {
  const seen: string[] = [];
  const server = await echoServer(seen);
  const secrets = createNamedSecrets([secret({ hosts: [server.host] })], [server.host]);
  const other = await echoServer(seen);
  const registry = createToolRegistry({ httpAllow: [server.host, other.host], secrets });
  const fetch = registry.get('http_fetch');
  expect(fetch?.description).toContain(`{{secrets.github}} (for ${server.host})`);

  const { output } = (await call(fetch, { url: server.url, headers: authorization })) as {
    output: JsonValue;
  };
  expect(seen).toEqual([`Bearer ${HEADER_VALUE}`]);
  const text = JSON.stringify(output);
  expect(text.match(/\[secret github\]/g)).toHaveLength(5);
  for (const form of [HEADER_VALUE, encodeURIComponent(HEADER_VALUE), 'Z2hwX2NhbmFyeS'])
    expect(text).not.toContain(form);

  await expect(call(fetch, { url: other.url, headers: authorization })).rejects.toMatchObject({
    code: 'secret_not_allowed',
    message: `there is no secret "github" that may go to ${other.host}`,
  });
  const failure = call(fetch, { url: `${server.url}/fails`, headers: authorization });
  await expect(failure).rejects.toMatchObject({ code: 'tool_failed' });
  await expect(failure).rejects.not.toThrow(HEADER_VALUE);
  expect(seen).toHaveLength(2);
});

test('a redirect to another host does not take it along, nor does an address or a common header', async () => {
  const seen: string[] = [];
  const server = await echoServer(seen);
  const port = server.host.split(':')[1] ?? '';
  const httpAllow = [server.host, `localhost:${port}`];
  const secrets = createNamedSecrets([secret({ hosts: [server.host] })], httpAllow);
  const fetch = createToolRegistry({ httpAllow, secrets }).get('http_fetch');
  await call(fetch, { url: `${server.url}/away`, headers: authorization });
  expect(seen).toEqual([`Bearer ${HEADER_VALUE}`, '']);

  const { output } = (await call(fetch, {
    url: `${server.url}/?key={{secrets.github}}`,
    headers: { 'user-agent': '{{secrets.github}}' },
  })) as { output: { url: string } };
  expect(output.url).toContain('secrets.github');
});

test('a file that is written with it holds none, wherever the pieces are cut', async () => {
  const seen: string[] = [];
  const server = await echoServer(seen);
  const secrets = createNamedSecrets([secret({ hosts: [server.host] })], [server.host]);
  const files = memoryFiles();
  const fetch = createToolRegistry({ httpAllow: [server.host], secrets }).get('http_fetch');
  await call(fetch, { url: server.url, headers: authorization, saveAs: 'a.txt' }, { files });
  const kept = (await files.read('a.txt', 10_000)).toString();
  expect(kept).toContain('Bearer [secret github]');
  expect(kept).not.toContain(HEADER_VALUE);

  const whole = Buffer.from(`ÿ before ${VALUE} between ${VALUE} after ÿ`);
  for (let size = 1; size < whole.length; size += 3) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.subarray(i * size, (i + 1) * size),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of Readable.from(pieces).pipe(
      createRedaction([{ name: 'x', value: VALUE }]).stream(),
    ))
      chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString(), String(size)).toBe(
      'ÿ before [secret x] between [secret x] after ÿ',
    );
  }
});

test('a tool of one’s own has it in the argument that was declared, and its words are cleaned', async () => {
  const given: string[] = [];
  const said: (string | null)[] = [];
  const own = defineTool({
    name: 'create_issue',
    description: 'x',
    args: z.strictObject({ token: z.string(), body: z.string(), fail: z.boolean().default(false) }),
    effect: 'irreversible',
    timeoutSeconds: 5,
    execute({ token, body, fail }, { progress, write }) {
      given.push(token, body);
      progress(`with ${token}`);
      write(`writes ${token}`);
      if (fail) throw new PerdureError('tool_failed', `it refused ${token}`, { cause: new Error(token) });
      return Promise.resolve({ output: { token, nested: [`a ${token}`] } });
    },
    verify: ({ token }) => Promise.resolve({ outcome: 'acted' as const, output: token }),
  });
  const secrets = createNamedSecrets(
    [secret({ value: VALUE, tools: ['create_issue.token'], tenants: ['acme'] })],
    [],
  );
  const tool = createToolRegistry({ httpAllow: [], secrets, more: [own] }).get('create_issue');
  const context = {
    progress: (word: string) => said.push(word),
    write: (word: string | null) => void said.push(word),
  };
  const args = { token: '{{secrets.github}}', body: 'from a page: {{secrets.github}}' };
  expect(await call(tool, args, context)).toEqual({
    output: { token: '[secret github]', nested: ['a [secret github]'] },
  });
  // What a page says is a text, also where it names a secret.
  expect(given).toEqual([VALUE, 'from a page: {{secrets.github}}']);
  expect(said).toEqual(['with [secret github]', 'writes [secret github]']);
  const failure = await call(tool, { ...args, fail: true }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'tool_failed', message: 'it refused [secret github]' });
  expect((failure as Error).cause).toBeUndefined();
  expect((failure as Error).stack).not.toContain(VALUE);
  expect(await tool?.verify?.(args, toolContext())).toEqual({ outcome: 'acted', output: '[secret github]' });

  await expect(call(tool, args, { tenantId: 'other' })).rejects.toMatchObject({
    code: 'secret_not_allowed',
    message: 'there is no secret "github" that may go to create_issue.token',
  });
  await expect(call(tool, { ...args, token: '{{secrets.unknown}}' })).rejects.toMatchObject({
    message: 'there is no secret "unknown" that may go to create_issue.token',
  });
});

test.each([
  ['http://api.example.com/', 'in the clear'],
  ['https://api.example.com:8443/', 'another port'],
  ['https://example.com/', 'the domain above'],
  ['https://api.example.com.evil.example/', 'a name that begins so'],
  ['https://evil-api.example.com/', 'a name that ends so'],
])('it does not go to %s: %s', (url) => {
  const secrets = createNamedSecrets([secret({ hosts: ['api.example.com'] })], []);
  expect(
    secrets.fill('{{ secrets.github }}', { tenantId: 'a', url: new URL('https://API.example.com:443/x') }),
  ).toBe(HEADER_VALUE);
  expect(() => secrets.fill('{{secrets.github}}', { tenantId: 'a', url: new URL(url) })).toThrow('may go to');
});

test.each([
  [{ secrets: { github: {} } }],
  [{ secrets: { GitHub: { hosts: ['a.example'] } } }],
  [{ secrets: { github: { hosts: ['https://a.example'] } } }],
  [{ secrets: { github: { hosts: ['*.example'] } } }],
  [{ secrets: { github: { tools: ['create_issue'] } } }],
  [{ secrets: { github: { hosts: ['a.example'], tenants: [] } } }],
  [{ secrets: { github: { hosts: ['a.example'], value: 'x' } } }],
])('a declaration such as %j is refused', (file) => {
  expect(secretsFileSchema.safeParse(file).success).toBe(false);
});
