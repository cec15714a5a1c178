/** What a process that runs tells Prometheus: each metric of the documents, and figures that are those of its runs. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CANARY_TENANT } from '../../contracts/canary.js';
import { createClient } from '../../src/client/client.js';
import { alerts, namesIn, queries } from '../support/monitoring.js';
import { evaluate, promtool, runPromtool, type Expectation } from '../support/promtool.js';
import { PerdureProcess, runCommand, temporaryDirectory } from './support/perdure-process.js';

let place: { directory: string; remove: () => Promise<void> };
let perdure: PerdureProcess;
let env: Record<string, string>;
beforeAll(async () => {
  place = await temporaryDirectory();
  env = { PERDURE_CANARY_SECONDS: '1', PERDURE_METRICS_TOKEN: 'a-token-for-the-tests' };
  perdure = await PerdureProcess.start(place.directory, env);
}, 600_000);
afterAll(async () => {
  await perdure.stop();
  await place.remove();
});

const read = (authorization = 'Bearer a-token-for-the-tests'): Promise<Response> =>
  fetch(`${perdure.url}/metrics`, { headers: { authorization } });
const scrape = async (): Promise<string> => (await read()).text();
/** The sum over all series of a metric that have these labels. */
const valueOf = (text: string, name: string, ...labels: string[]): number | undefined =>
  text
    .split('\n')
    .filter((line) => /^[^{ ]+/.exec(line)?.[0] === name && labels.every((label) => line.includes(label)))
    .map((line) => Number(line.split(' ').at(-1)))
    .reduce<number | undefined>((sum, value) => (sum ?? 0) + value, undefined);

test('metrics are read with their token, and with no other', async () => {
  expect((await read()).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  for (const wrong of ['', 'Bearer', 'Bearer a-token-for-the-test', 'Basic a-token-for-the-tests']) {
    const answer = await read(wrong);
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
  }
});

test('what a run does is counted', async () => {
  const { id } = await perdure.client.submit({
    goal: 'to be counted',
    plan: {
      steps: [
        { id: 'quick', tool: 'echo', args: {} },
        { id: 'slow', tool: 'wait', args: { seconds: 8 }, dependsOn: ['quick'] },
        { id: 'wrong', tool: 'javascript', args: { code: 'throw new Error("no")' }, dependsOn: ['slow'] },
      ],
    },
  });
  const events = perdure.client.events(id);
  await events.next();
  expect(valueOf(await scrape(), 'perdure_streams_open')).toBeGreaterThanOrEqual(1);
  // What concerns the whole system is looked at every five seconds.
  await expect
    .poll(async () => valueOf(await scrape(), 'perdure_runs_open', 'status="running"'), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(1);
  for await (const { type } of events) if (type === 'run.failed') break;
  const after = await scrape();
  expect(valueOf(after, 'perdure_tool_call_duration_seconds_count', 'javascript', 'tool_failed')).toBe(1);
  expect(valueOf(after, 'perdure_run_duration_seconds_count', 'status="failed"')).toBe(1);
  expect(valueOf(after, 'perdure_run_duration_seconds_sum', 'status="failed"')).toBeGreaterThan(8);
  expect(valueOf(after, 'perdure_run_events_total', 'type="run.failed"')).toBe(1);
  expect(valueOf(after, 'perdure_event_delivery_seconds_count')).toBeGreaterThanOrEqual(1);
  expect(
    valueOf(after, 'perdure_http_requests_total', 'route="/v1/runs"', 'status="202"', 'POST'),
  ).toBeGreaterThanOrEqual(1);
  expect(valueOf(after, 'perdure_dependency_up', 'dependency="store"')).toBe(1);
  expect(valueOf(after, 'perdure_task_queue_pollers', 'type="activities"')).toBeGreaterThanOrEqual(1);
  expect(valueOf(after, 'temporal_worker_task_slots_available', 'ActivityWorker')).toBeGreaterThanOrEqual(1);
  // No address that somebody made up becomes a series.
  await fetch(`${perdure.url}/v1/runs/${id}x/nothing`);
  expect(await scrape()).not.toContain(id);
}, 60_000);

test('the canary tells its hops, stands in no list, and leaves nothing behind', async () => {
  await expect
    .poll(async () => valueOf(await scrape(), 'perdure_canary_runs_total', 'completed'), { timeout: 30_000 })
    .toBeGreaterThanOrEqual(3);
  const text = await scrape();
  expect(valueOf(text, 'perdure_canary_up')).toBe(1);
  expect(valueOf(text, 'perdure_canary_runs_total', 'failed')).toBeUndefined();
  expect(valueOf(text, 'perdure_canary_last_success_timestamp_seconds')).toBeGreaterThan(
    Date.now() / 1_000 - 30,
  );
  for (const hop of ['submit', 'workflow', 'quick step', 'files', 'activity', 'run'])
    // By clocks of whole milliseconds: none may be 0.
    expect(valueOf(text, 'perdure_canary_hop_seconds', `hop="${hop}"`), hop).toBeGreaterThanOrEqual(0);
  expect((await perdure.client.list()).runs.map(({ goal }) => goal)).toEqual(['to be counted']);
  const key = await runCommand(`perdure keys create --tenant ${CANARY_TENANT} --name test --scope read`, {
    PERDURE_DATA_DIR: place.directory,
  });
  const token = key.output.split('\n').find((line) => line.startsWith('pdk_'));
  const client = createClient({ baseUrl: perdure.url, token: token ?? '' });
  // The one that is on its way.
  expect((await client.list()).runs.length).toBeLessThanOrEqual(1);
}, 60_000);

test('every metric of ours that is told is documented', async () => {
  const text = await scrape();
  const documented = await readFile(path.resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
  const told = [...text.matchAll(/^# TYPE (perdure_\w+)/gm)].map((m) => m[1] ?? '');
  expect(told.length).toBeGreaterThan(15);
  for (const name of told) expect(documented).toContain(`\`${name}\``);
});

test('alerts and dashboards ask for nothing that is not told', async () => {
  const text = await scrape();
  const told = new Set([...text.matchAll(/^(?:# TYPE )?([a-z]\w*)/gm)].map((m) => m[1]));
  // Of what has failed, and nothing has.
  const failures = ['temporal_workflow_task_execution_failed_total', 'temporal_request_failure_total'];
  const asked = new Set((await queries()).flatMap(namesIn));
  const missing = [...asked].filter(
    (name) => !told.has(name) && !told.has(name.replace(/_bucket$/, '')) && !failures.includes(name),
  );
  expect(missing).toEqual([]);
});

const tool = await promtool();
if ('problem' in tool) console.warn(`Prometheus' engine is not asked: ${tool.problem}`);
describe.skipIf('problem' in tool)('to Prometheus itself', () => {
  const file = 'file' in tool ? tool.file : '';
  const rules = path.resolve(import.meta.dirname, '../../deploy/helm/perdure/alerts.yaml');

  test('metrics, alerts and queries are without fault', async () => {
    const { output } = runPromtool(file, ['check', 'metrics'], await scrape());
    // Of Temporal's own metrics it says more.
    expect(output.split('\n').filter((line) => line.includes('perdure_'))).toEqual([]);
    expect(runPromtool(file, ['check', 'rules', rules])).toMatchObject({ works: true });
  });

  test('no alert fires where all is well, and the one for workers does where none polls', async () => {
    const firing = 'count by (alertname) (ALERTS{alertstate="firing"})';
    const well = await scrape();
    const none: Expectation = { expr: firing, samples: [] };
    expect(await evaluate(file, place.directory, rules, well, [none])).toMatchObject({ works: true });
    const alone = well.replaceAll(/^(perdure_task_queue_pollers\{.*\}) \d+$/gm, '$1 0');
    const told = { expr: firing, samples: [{ labels: '{alertname="PerdureNoPollers"}', value: 2 }] };
    expect(await evaluate(file, place.directory, rules, alone, [told])).toMatchObject({ works: true });
  });

  test('every query of the dashboard finds something in what is told', async () => {
    // Of these there is nothing to tell: no model was asked, nothing was tried again, and nothing went wrong.
    const silent = /perdure_model_|step\.retrying|5\.\.|_failure_total|reconciled|^max by \(cause\)/;
    const shown = (await queries()).slice((await alerts()).length).filter((query) => !silent.test(query));
    const found = shown.map((query) => ({
      expr: `clamp_max(count(${query}), 1)`,
      samples: [{ labels: '{}', value: 1 }],
    }));
    expect(found.length).toBeGreaterThan(15);
    const { works, output } = await evaluate(file, place.directory, rules, await scrape(), found);
    expect(works, output).toBe(true);
  });
});
