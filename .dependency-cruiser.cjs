/** The arrows between rooms; the table stands in docs/architecture.md. */
const room = (from, allowed, extra = {}) => ({
  name: `arrows-of-${from.replaceAll('/', '-')}`,
  severity: 'error',
  comment: `${from} may import only: ${allowed.join(', ')}`,
  from: { path: `^${from}/`, pathNot: ['\\.test\\.ts$', '/testing/', ...(extra.fromNot ?? [])] },
  to: { pathNot: [`^${from}/`, ...allowed] },
});
const npm = (name) => `node_modules/${name}`;
const node = '^node:|^[a-z_/]+$';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    room('contracts', [npm('zod'), '^node:buffer$', '^buffer$']),
    room('workflows', ['^contracts/', npm('@temporalio/(workflow|common)')]),
    room('activities', [
      '^contracts/',
      '^src/ports/',
      '^src/tools/tool\\.ts$',
      npm('@temporalio/(activity|common)'),
      npm('(@types/)?mime-types'),
      '^(node:)?crypto$',
      '^timers/promises$',
      '^node:timers/promises$',
    ]),
    room('src/ports', ['^contracts/', '^(node:)?stream$']),
    room('src/tools', ['^contracts/', '^src/ports/', 'node_modules/', node]),
    room('src/webhooks', [
      '^contracts/',
      '^src/ports/',
      '^src/tools/(address-guard|http-exchange|http-headers)\\.ts$',
      node,
    ]),
    room('src/agents', ['^contracts/', '^src/ports/', '^src/tools/tool\\.ts$', npm('zod')]),
    room('src/config', ['^contracts/', npm('zod'), '^(node:)?(path|fs|net)$']),
    room('src/adapters', ['^contracts/', '^src/ports/', '^src/config/', 'node_modules/', node]),
    room('src/diagnosis', ['^contracts/', '^src/ports/']),
    room('src/api', ['^contracts/', '^src/ports/', '^src/diagnosis/', 'node_modules/', node]),
    room('src/worker', ['^contracts/', '^src/ports/', npm('@temporalio/'), node]),
    room('src/client', ['^contracts/', npm('(eventsource-parser|zod)')]),
    room('console', ['^contracts/', '^src/client/', 'node_modules/']),
    room('src/cli', ['^contracts/', '^src/client/', '^src/config/', '^src/stack/', 'node_modules/', node]),
    {
      name: 'adapters-are-apart',
      severity: 'error',
      comment:
        'No adapter knows another; only the stack opens them. Both ways to the records share what they carry.',
      from: { path: '^src/adapters/([^/]+)/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/($1|records)/' },
    },
    {
      name: 'tests-stay-outside',
      severity: 'error',
      from: { path: '^(contracts|workflows|activities|src)/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '\\.test\\.ts$|/testing/|^tests/' },
    },
    {
      name: 'no-zod-in-the-browser',
      severity: 'error',
      comment: 'The console takes types and lists of names from the contracts, and no schemas: zod is large.',
      from: { path: '^console/', pathNot: '\\.test\\.tsx?$' },
      to: {
        path: 'node_modules/zod|^contracts/(?!(statuses|terminal|budget-limits)\\.ts$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-zod-in-the-sandbox',
      severity: 'error',
      comment: 'zod at run time slows every replay; types only.',
      from: { path: '^workflows/', pathNot: '\\.test\\.ts$' },
      to: {
        path: 'node_modules/zod|^contracts/(plan|events|runs|answers|api-keys|presign|webhooks|answer-schema)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // Of our own package the source: its declarations are there only where it is packed.
      conditionNames: ['perdure-source', 'import', 'node', 'types', 'default'],
    },
  },
};
