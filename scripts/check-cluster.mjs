/**
 * npm run check-cluster: each of the chart's examples is installed, upgraded and taken away by helm at a real Kubernetes API
 * server, in a namespace that enforces Pod Security "restricted", with the custom resources of KEDA, the Prometheus Operator,
 * the Gateway API and External Secrets; and every pod that its controllers would make is made there, past all admission.
 * Nothing runs them: there is no kubelet. The API server and etcd are built once by Go, in half an hour on two cores.
 */
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { goProgram, goPrograms, run } from './deploy-programs.mjs';

const KUBERNETES = '1.34.2';
const ETCD = '3.6.4';
const HELM = '3.19.0';
const CUSTOM_RESOURCES = {
  'github.com/kedacore/keda/v2@v2.21.0': ['config/crd/bases', /^keda\.sh/],
  'sigs.k8s.io/gateway-api@v1.6.3': ['config/crd/standard', /_httproutes\.yaml$/],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd',
    /_(?:podmonitors|servicemonitors|prometheusrules)\.yaml$/,
  ],
  'github.com/external-secrets/external-secrets@v1.3.2': ['config/crds/bases', /_externalsecrets\.yaml$/],
};
/** Beside the examples: what none of them has. */
const MORE = {
  'exoscale.yaml with pods found by PodMonitors, in the Gateway API': [
    ...['exoscale.yaml', 'gateway.enabled=true', 'monitoring.podMonitor=true'],
  ],
  'small.yaml without network policies': ['small.yaml', 'networkPolicy.enabled=false'],
};

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const chart = path.join(root, 'deploy', 'helm', 'perdure');
const token = randomBytes(24).toString('hex');

/** Its modules are replaced by those that were published with it, for Go installs no program whose module replaces any. */
function kubernetesPrograms() {
  const published = KUBERNETES.replace(/^1\./, '0.');
  const { GoMod } = JSON.parse(run('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${KUBERNETES}`]));
  const replaced = [...readFileSync(GoMod, 'utf8').matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging/gm)];
  return goPrograms(
    `kubernetes-${KUBERNETES}`,
    {
      'go.mod': `module perdure/kubernetes
go 1.24.0
godebug default=go1.24
require k8s.io/kubernetes v${KUBERNETES}
require k8s.io/component-base v${published}
require go.etcd.io/etcd/server/v3 v${ETCD}
${replaced.map(([, name]) => `replace ${name} => ${name} v${published}`).join('\n')}
`,
      'kube-apiserver/main.go': `package main
import ("os"; "k8s.io/component-base/cli"; "k8s.io/kubernetes/cmd/kube-apiserver/app")
func main() { os.Exit(cli.Run(app.NewAPIServerCommand())) }
`,
      'etcd/main.go': `package main
import ("os"; "go.etcd.io/etcd/server/v3/etcdmain")
func main() { etcdmain.Main(os.Args) }
`,
    },
    `-X k8s.io/component-base/version.gitVersion=v${KUBERNETES}`,
  );
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Both end with this process, and what they wrote goes. */
async function startCluster(programs) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-cluster-'));
  const started = [];
  const close = () => {
    for (const child of started) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', close);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  const start = (name, argv) => {
    const child = spawn(path.join(programs, name), argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4_000)));
    started.push(child);
    return () => {
      if (child.exitCode !== null) throw new Error(`${name} has ended: ${said}`);
    };
  };
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const local = (number) => `http://127.0.0.1:${number}`;
  const etcd = start('etcd', [
    ...['--data-dir', path.join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', local(client), '--advertise-client-urls', local(client)],
    ...['--listen-peer-urls', local(peer), '--initial-advertise-peer-urls', local(peer)],
    ...['--initial-cluster', `default=${local(peer)}`],
  ]);
  const key = path.join(folder, 'accounts.pem');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const tokens = path.join(folder, 'tokens.csv');
  writeFileSync(tokens, `${token},check,1,system:masters\n`, { mode: 0o600 });
  const apiServer = start('kube-apiserver', [
    ...['--etcd-servers', local(client), '--bind-address', '127.0.0.1', '--secure-port', String(port)],
    ...['--cert-dir', folder, '--token-auth-file', tokens, '--authorization-mode', 'RBAC'],
    ...['--service-account-issuer', 'https://perdure.test', '--service-account-signing-key-file', key],
    ...['--service-account-key-file', key, '--service-cluster-ip-range', '10.0.0.0/24'],
    ...['--endpoint-reconciler-type', 'none'],
  ]);
  const cluster = { url: `https://127.0.0.1:${port}`, authority: path.join(folder, 'apiserver.crt') };
  for (const deadline = Date.now() + 300_000; ; await sleep(500)) {
    etcd();
    apiServer();
    const ready = await ask(cluster, 'GET', '/readyz').catch(() => null);
    if (ready?.status === 200) return { ...cluster, close };
    if (Date.now() > deadline) throw new Error(`the API server is not ready: ${ready?.text}`);
  }
}

/** @returns the status and what was answered */
function ask({ url, authority }, method, address, object) {
  return new Promise((resolve, reject) => {
    const body = object === undefined ? undefined : JSON.stringify(object);
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    };
    const request = https.request(
      new URL(address, url),
      { method, headers, ca: readFileSync(authority), timeout: 30_000 },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => {
          resolve({ status: answer.statusCode, text, warnings: [answer.headers.warning ?? []].flat() });
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });
}

/** @throws what the API server says against it, its warnings included */
async function make(cluster, address, object) {
  const { status, text, warnings } = await ask(cluster, 'POST', `${address}?fieldValidation=Strict`, object);
  const name = `${object.kind} ${object.metadata.name ?? object.metadata.generateName}`;
  if (status !== 201) throw new Error(`${name}: ${text}`);
  if (warnings.length > 0) throw new Error(`${name}: ${warnings.join('; ')}`);
}

async function prepare(cluster) {
  for (const [module, [folder, wanted]] of Object.entries(CUSTOM_RESOURCES)) {
    const { Dir } = JSON.parse(run('go', ['mod', 'download', '-json', module]));
    for (const name of readdirSync(path.join(Dir, folder)).filter((file) => wanted.test(file)))
      await make(
        cluster,
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        parse(readFileSync(path.join(Dir, folder, name), 'utf8')),
      );
  }
  // Of large.yaml.
  await make(cluster, '/apis/node.k8s.io/v1/runtimeclasses', {
    ...{ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', handler: 'runsc' },
    metadata: { name: 'gvisor' },
  });
}

const podsOf = ({ kind, metadata, spec }) => {
  if (kind === 'Pod') return [{ metadata, spec }];
  const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template;
  return ['Deployment', 'Job', 'CronJob'].includes(kind)
    ? [{ metadata: { ...template.metadata, name: metadata.name }, spec: template.spec }]
    : [];
};

async function check(cluster, helm, number, [example, ...sets]) {
  const namespace = `agents-${number}`;
  const level = (mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted'];
  await make(cluster, '/api/v1/namespaces', {
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { name: namespace, labels: Object.fromEntries([level('enforce'), level('warn')]) },
  });
  const values = [
    '--values',
    path.join(chart, 'examples', example),
    ...sets.flatMap((set) => ['--set', set]),
  ];
  const there = ['--namespace', namespace, '--kube-apiserver', cluster.url];
  const signedIn = [...there, '--kube-ca-file', cluster.authority, '--kube-token', token];
  const heard = (argv) => {
    // What admission would refuse of its pods, the API server says of a Deployment by a warning.
    const { status, stdout, stderr } = spawnSync(helm, [...argv, ...signedIn], { encoding: 'utf8' });
    if (status !== 0 || /warning/i.test(stderr)) throw new Error(`helm ${argv[0]}: ${stderr}${stdout}`);
    return stdout;
  };
  heard(['install', 'perdure', chart, ...values]);
  const objects = parseAllDocuments(
    `${heard(['get', 'manifest', 'perdure'])}\n---\n${heard(['get', 'hooks', 'perdure'])}`,
  )
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  // What a controller would have counted, without which nothing is admitted.
  for (const { metadata, spec } of objects.filter(({ kind }) => kind === 'ResourceQuota'))
    await ask(cluster, 'PATCH', `/api/v1/namespaces/${namespace}/resourcequotas/${metadata.name}/status`, {
      status: { hard: spec.hard, used: Object.fromEntries(Object.keys(spec.hard).map((key) => [key, '0'])) },
    });
  const pods = objects.flatMap(podsOf);
  for (const { metadata, spec } of pods)
    await make(cluster, `/api/v1/namespaces/${namespace}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec,
    });
  heard(['upgrade', 'perdure', chart, ...values, '--set', 'settings.LOG_LEVEL=debug']);
  heard(['uninstall', 'perdure']);
  return `${objects.length} objects, ${pods.length} pods`;
}

const helm = goProgram('helm.sh/helm/v3/cmd/helm', HELM);
const cluster = await startCluster(kubernetesPrograms());
try {
  await prepare(cluster);
  const examples = readdirSync(path.join(chart, 'examples')).map((name) => [name, [name]]);
  for (const [number, [name, given]] of [...examples, ...Object.entries(MORE)].entries())
    console.log(`${name}: ${await check(cluster, helm, number, given)}`);
} finally {
  cluster.close();
}
console.log(`the API server of Kubernetes ${KUBERNETES} takes all of it`);
