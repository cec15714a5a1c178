/**
 * Server-side request forgery: whatever an address looks like, whoever answers for its name and wherever it redirects
 * to, no tool, no webhook and no model's call reaches a server that is not public and that no operator has named.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, vi } from 'vitest';
import { openModels } from '../../src/adapters/models/open-models.js';
import { createLogger } from '../../src/adapters/pino/logger.js';
import { readConfig } from '../../src/config/env.js';
import { openModelFetch } from '../../src/stack/model-fetch.js';
import { createAddressGuard } from '../../src/tools/address-guard.js';
import { createHttpFetch } from '../../src/tools/http-fetch.js';
import { toolContext } from '../../src/tools/testing/tool-context.js';
import type { Tool } from '../../src/tools/tool.js';
import { createWebhookSender } from '../../src/webhooks/webhook-sender.js';
import { startDnsServer, type DnsServer } from './support/dns-server.js';
import { codeOf, ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('ssrf');
const PUBLIC = '93.184.215.14';

/** By name: what DNS answers, the first time and later. */
const names: Record<string, [first: string[], later?: string[]]> = {
  'inside.test': [['127.0.0.1']],
  'private.test': [['10.1.2.3']],
  'metadata.test': [['169.254.169.254']],
  'mixed.test': [[PUBLIC, '127.0.0.1']],
  'mixed-six.test': [[PUBLIC, '::1']],
  'six.test': [['::1']],
  'mapped.test': [['::ffff:7f00:1']],
  'unique-local.test': [['fd00::1']],
  'link-local.test': [['fe80::1']],
  'nat64.test': [['64:ff9b::7f00:1']],
  'sixto4.test': [['2002:7f00:1::']],
  'zero.test': [['0.0.0.0']],
  'carrier.test': [['100.64.0.1']],
  'rebinding.test': [[PUBLIC], ['127.0.0.1']],
  'rebinding-model.test': [[PUBLIC], ['127.0.0.1']],
  'many.test': [[...Array.from({ length: 20 }, (_, i) => `93.184.215.${i + 1}`), '10.0.0.1']],
  'teredo.test': [['2001:0:7f00:1::']],
  'benchmark.test': [['2001:2::1']],
  'documentation.test': [['3fff::1']],
  'router.test': [['5f00::1']],
  'translated.test': [['::ffff:0:7f00:1']],
  'local-nat64.test': [['64:ff9b:1::7f00:1']],
  'compatible.test': [['::7f00:1']],
  'site.test': [['fec0::1']],
  'crowd.test': [['224.0.0.1']],
  'azure.test': [['168.63.129.16']],
  'public.test': [[PUBLIC]],
  'front.test': [['127.0.0.1']],
};

/** Public, and denied by the operator or beside what is. */
const beside = new Set(
  ['denied', 'a.corp', 'a.b.corp', 'corp', 'half', 'other', 'notdenied'].map((name) => `${name}.test`),
);

/** What must not be reached; and what an operator has named, which redirects to wherever it is asked to. */
let inside: Server;
let front: Server;
let hits = 0;
let dns: DnsServer;
let fetchTool: Tool;
let insidePort = 0;
let frontHost = '';
beforeAll(async () => {
  inside = createServer((_req, res) => {
    hits += 1;
    res.end('internal');
  });
  front = createServer((req, res) => {
    const to = new URL(req.url ?? '', 'http://x').searchParams.get('to');
    if (to === null) res.end('welcome');
    // As bytes: what an attacker's server sends needs be no ASCII.
    else res.writeHead(302, { location: Buffer.from(to).toString('latin1') }).end();
  });
  for (const server of [inside, front])
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  insidePort = (inside.address() as AddressInfo).port;
  frontHost = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  dns = await startDnsServer((name, before) => {
    const [first, later = first] = names[name] ?? [
      name.endsWith('localhost') ? ['127.0.0.1'] : beside.has(name) ? ['9.9.9.9'] : [],
    ];
    return before === 0 ? first : later;
  });
  fetchTool = createHttpFetch({
    httpAllow: [frontHost, `front.test:${frontHost.split(':')[1] ?? ''}`],
    resolve: dns.resolve,
  });
});
afterAll(async () => {
  for (const server of [inside, front]) {
    server.closeAllConnections();
    server.close();
  }
  await dns.close();
});

const fetchIt = (url: string): Promise<unknown> =>
  Promise.resolve().then(() =>
    fetchTool.execute(fetchTool.args.parse({ url, timeoutSeconds: 5 }), toolContext()),
  );

/** @returns whether it was refused, and whether the server inside was reached */
async function seen(call: Promise<unknown>): Promise<string> {
  const before = hits;
  const code = await codeOf(call);
  const refused = ['address_not_allowed', 'ZodError'].includes(code) ? 'refused' : code;
  return hits === before ? refused : `${refused}, and reached`;
}

/** PORT is that of the server inside. */
const forms = [
  // IPv4, in every spelling of inet_aton and the URL standard.
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0x7F.0x0.0x0.0x1',
    '0177.0.0.1',
    '017700000001',
  ],
  ...[
    '0x7f.0.1',
    '127.0.0.1.',
    '127.0.0.2',
    '127.255.255.254',
    '0',
    '0.0.0.0',
    '00.0.0.0',
    '①②⑦.⓪.⓪.①',
    '１２７.0.0.1',
    '127。0。0。1',
  ],
  ...['127%2e0%2e0%2e1', '%31%32%37.0.0.1', '0x7f.0x1', '127.0x0.0.01'],
  // Names.
  ...['localhost', 'LOCALHOST', 'localhost.', 'foo.localhost', 'ｌｏｃａｌｈｏｓｔ', 'loc\u00adalhost'],
  // IPv6, and IPv4 within it.
  ...[
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::0001]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[0:0:0:0:0:ffff:127.0.0.1]',
  ],
  ...[
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::]',
  ],
  ...['[fe80::1]', '[fc00::1]', '[fd12:3456::1]', '[fec0::1]', '[ff02::1]', '[2001:db8::1]', '[100::1]'],
].map((host) => `http://${host}:PORT/`);
const oddForms = [
  // Dots and zones where there are none, numbers that are too long, and addresses of clouds within IPv6.
  ...[
    '127.0.0.1。',
    '0x7f.0x0.0x0.0x1.',
    '0x0000000000007f000001',
    '0000000177.0.0.1',
    '127.00000.00000.0001',
    '⑫7.0.0.1',
    '127．0．0．1',
    '127｡0｡0｡1',
    '[::ffff:127.0.0.1%25eth0]',
    '[::1%251]',
    '[0::ffff:0x7f.1]',
    '[::ffff:2130706433]',
  ],
  ...[
    '[::FFFF:A9FE:A9FE]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:a9fe:a9fe::1]',
    '[2001::5601:5601]',
    '[::a9fe:a9fe]',
    '[fe80::a9fe:a9fe]',
    '[4000::1]',
  ],
].map((host) => `http://${host}:PORT/`);
const others = [
  // Networks of the house, of clouds, of nobody.
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
  ],
  ...[
    '168.63.129.16',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ],
  ...[
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '[::ffff:a9fe:a9fe]',
  ],
].map((host) => `http://${host}/latest/meta-data/`);
const odd = [
  // Schemes, user information, ports.
  ...[
    'file:///etc/passwd',
    'ftp://93.184.215.14/',
    'gopher://127.0.0.1:6379/_INFO',
    'dict://127.0.0.1:11211/',
    'data:text/html,x',
  ],
  ...[
    'javascript:1',
    'jar:http://127.0.0.1!/',
    'http:127.0.0.1:PORT',
    'http:/127.0.0.1:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
    '//127.0.0.1:PORT/',
  ],
  ...[
    'http://93.184.215.14@127.0.0.1:PORT/',
    'http://127.0.0.1:PORT\\@93.184.215.14/',
    'http://127.0.0.1:PORT#@93.184.215.14/',
  ],
  ...[
    'http://user:pass@93.184.215.14/',
    'http://93.184.215.14:22/',
    'http://93.184.215.14:25/',
    'http://93.184.215.14:6000/',
    'http://[::1%25lo]:PORT/',
  ],
  ...[
    '\thttp://127.0.0.1:PORT/',
    'ht\ntp://127.0.0.1:PORT/',
    'http://127.0.0.1:PORT/\u0000',
    'hTTp://127.0.0.1:PORT/',
    'http://0:PORT/',
  ],
];
for (const form of [...forms, ...oddForms, ...others, ...odd])
  attack(JSON.stringify(form), /^refused$/, () => seen(fetchIt(form.replace('PORT', String(insidePort)))));

for (const name of Object.keys(names).filter((each) => !/^(?:rebinding|public|front)/.test(each)))
  attack(`the name ${name}, which is ${String(names[name]?.[0].join(' and '))}`, 'refused', () =>
    seen(fetchIt(`http://${name}:${insidePort}/`)),
  );
attack(
  'a name that answers otherwise the second time (DNS rebinding)',
  '1 question, not reached',
  async () => {
    const said = await seen(fetchIt(`http://rebinding.test:${insidePort}/`));
    return `${dns.asked('rebinding.test')} question, ${said.includes('and reached') || said === 'no error' ? said : 'not reached'}`;
  },
);

// A URL with a relative or a broken target is resolved against the host that was allowed, which is no attack.
const targets = [
  ...forms,
  ...oddForms,
  ...others,
  ...odd.filter((url) => /^(?:\w+:\/\/|\/\/)/.test(url) && !url.includes('\0')),
];
for (const form of targets)
  attack(`a redirect to ${JSON.stringify(form)}`, /^(?:refused|tool_failed|tool_unavailable)$/, () =>
    seen(fetchIt(`http://${frontHost}/?to=${encodeURIComponent(form.replace('PORT', String(insidePort)))}`)),
  );
attack('a redirect to a name of the house', 'refused', () =>
  seen(fetchIt(`http://${frontHost}/?to=http://inside.test:${insidePort}/`)),
);
for (const scheme of ['ftp', 'file', 'gopher', 'data', 'ws', 'blob'])
  attack(`a redirect that changes the scheme to ${scheme}`, /^(?:refused|tool_failed)$/, () =>
    seen(fetchIt(`http://${frontHost}/?to=${scheme}://127.0.0.1:${insidePort}/`)),
  );
attack('a redirect within the house, and then inside', 'refused', () =>
  seen(fetchIt(`http://${frontHost}/?to=${encodeURIComponent(`/?to=http://127.0.0.1:${insidePort}/`)}`)),
);
for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'])
  attack(`a proxy by ${name}`, 'no error, not by the proxy', async () => {
    vi.stubEnv(name, `http://127.0.0.1:${insidePort}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    vi.stubEnv('NO_PROXY', '');
    try {
      const said = await seen(fetchIt(`http://${frontHost}/`));
      return said.includes('reached') ? said : `${said}, not by the proxy`;
    } finally {
      vi.unstubAllEnvs();
    }
  });
attack('redirects in a circle', 'tool_failed', () =>
  seen(
    fetchIt(
      `http://${frontHost}/?to=${encodeURIComponent(`/?to=${encodeURIComponent('/?to=/?to=/?to=/?to=/?to=/')}`)}`,
    ),
  ),
);

const webhook = (url: string) =>
  createWebhookSender({
    guard: createAddressGuard({ allow: [], resolve: dns.resolve }),
    secrets: [{ secretOf: () => 'whsec_dGVzdHMtb2YtYXR0YWNrcy10aGF0LWFyZS1sb25n' }],
  }).send({ id: 'x', tenantId: 'acme', url, body: '{}' }, AbortSignal.timeout(10_000));
for (const host of [
  '127.0.0.1',
  '2130706433',
  '[::1]',
  'localhost',
  'inside.test',
  'mixed.test',
  '[::ffff:7f00:1]',
  '0',
])
  attack(`a webhook to ${host}`, 'refused', () => seen(webhook(`http://${host}:${insidePort}/`)));

// Models: their addresses are the operator's, and what DNS and a provider say of them are not.
async function modelAt(baseUrl: string, settings: Record<string, string> = {}): Promise<string> {
  const config = readConfig({
    ...{ PERDURE_MODEL: 'openai:m', OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'key' },
    ...settings,
  });
  const way = openModelFetch(config, dns.resolve);
  const before = hits;
  try {
    const model = openModels(config.models, way.fetch, createLogger([])).of(config.models.byRole.tool);
    const code = await codeOf(
      model.answer({
        ...{ instructions: '', messages: [{ role: 'user', text: 'x' }] },
        signal: AbortSignal.timeout(10_000),
      }),
    );
    const said = code === 'address_not_allowed' ? 'refused' : code;
    return hits === before ? said : `${said}, and reached`;
  } finally {
    await way.close();
  }
}
for (const name of Object.keys(names).filter((each) => !/^(?:rebinding|public|front)/.test(each)))
  attack(`a model at the name ${name}, which is ${String(names[name]?.[0].join(' and '))}`, 'refused', () =>
    modelAt(`http://${name}:${insidePort}/v1`),
  );
attack('a model whose name answers otherwise the second time', 'refused', () =>
  modelAt(`http://rebinding-model.test:${insidePort}/v1`),
);
attack('a model whose provider redirects inside', /^(?!.*reached)/, () =>
  modelAt(`http://${frontHost}/?to=http://127.0.0.1:${insidePort}/&x=`),
);
attack('a model that tools may call, and that nobody has named for models', 'refused', () =>
  modelAt(`http://inside.test:${insidePort}/v1`, { PERDURE_HTTP_ALLOW: 'inside.test' }),
);
attack('a model at another port than the one that was named', 'refused', () =>
  modelAt(`http://inside.test:${insidePort}/v1`, { PERDURE_MODEL_ALLOW: 'inside.test:1' }),
);
for (const denied of ['127.0.0.0/8', 'inside.test', '*.test'])
  attack(`a model that is named, and denied by ${denied}`, 'refused', () =>
    modelAt(`http://inside.test:${insidePort}/v1`, {
      PERDURE_MODEL_ALLOW: 'inside.test',
      PERDURE_HTTP_DENY: denied,
    }),
  );
attack('a model by its number, which is denied', 'refused', () =>
  modelAt(`http://127.0.0.1:${insidePort}/v1`, { PERDURE_HTTP_DENY: '127.0.0.1' }),
);
attack('a model server that is named for models, asked by a tool', 'refused', () =>
  seen(fetchIt(`http://127.0.0.1:${insidePort}/v1`)),
);
// What answers is no model, and was asked.
legitimate('a model server of one’s own, by its number', 'model_unavailable, and reached', () =>
  modelAt(`http://127.0.0.1:${insidePort}/v1`),
);
legitimate('the same by a name that is named', 'model_unavailable, and reached', () =>
  modelAt(`http://inside.test:${insidePort}/v1`, { PERDURE_MODEL_ALLOW: `inside.test:${insidePort}` }),
);

// What the operator denies, whatever else allows it, and however it is written.
const DENIED = [
  'denied.test',
  '*.corp.test',
  'half.test:8443',
  '93.184.215.0/24',
  '2606:4700::/32',
  '8.8.8.8',
];
const denying = (allow: string[] = []) =>
  codeOfCheck((url) => createAddressGuard({ allow, deny: DENIED, resolve: dns.resolve }).check(url));
function codeOfCheck(check: (url: URL) => Promise<unknown>): (url: string) => Promise<string> {
  return async (url) => {
    const code = await codeOf(check(new URL(url)));
    return code === 'address_not_allowed' ? 'refused' : code;
  };
}
for (const url of [
  ...['http://denied.test/', 'http://DENIED.test/', 'http://denied.test./', 'https://denied.test:8443/'],
  ...['http://a.corp.test/', 'http://a.b.corp.test./', 'https://half.test:8443/', 'http://public.test/'],
  ...['http://93.184.215.14/', 'http://0x5db8d70e/', 'http://8.8.8.8/', 'http://134744072/'],
  ...['http://[2606:4700::1111]/', 'http://[2606:4700:0:0::1]/', 'http://[::ffff:8.8.8.8]/'],
])
  attack(`denied: ${url}`, 'refused', () => denying()(url));
for (const url of ['http://denied.test/', 'http://public.test/', 'http://8.8.8.8/'])
  attack(`denied and allowed: ${url}`, 'refused', () =>
    denying(['denied.test', 'public.test', '8.8.8.8', 'public.test:80'])(url),
  );
for (const url of [
  'http://other.test/',
  'http://corp.test/',
  'http://half.test/',
  'http://notdenied.test/',
  'http://8.8.4.4/',
])
  legitimate(`beside what is denied: ${url}`, 'no error', () => denying()(url));

const guard = () => createAddressGuard({ allow: [], resolve: dns.resolve });
const passes = async (url: string): Promise<string> => {
  const addresses = await guard().check(new URL(url));
  return `${addresses.length} to call`;
};
for (const url of [
  ...[
    'http://public.test/',
    'https://public.test/a?b=c#d',
    'https://public.test:8443/',
    'http://8.8.8.8/',
    'http://[2606:4700::1111]/',
  ],
  ...['https://1.1.1.1:443/', 'http://PUBLIC.test./', 'http://93.184.215.14:8080/'],
])
  legitimate(url, '1 to call', () => passes(url));
legitimate('a host that the operator has named', 'no error', () => seen(fetchIt(`http://${frontHost}/`)));
legitimate('the same by its name', 'no error', () =>
  seen(fetchIt(`http://front.test:${frontHost.split(':')[1] ?? ''}/`)),
);
legitimate('a redirect within it', 'no error', () => seen(fetchIt(`http://${frontHost}/?to=/`)));
legitimate('a redirect to another name of it', 'no error', () =>
  seen(fetchIt(`http://${frontHost}/?to=http://front.test:${frontHost.split(':')[1] ?? ''}/`)),
);

atLeast(215, 19);
