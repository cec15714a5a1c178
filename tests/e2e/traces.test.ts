/**
 * One run's trace, as a real collector has it: from a caller's HTTP request through the workflow and its activities, in
 * another process, to models, tools and what these call.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../../contracts/answers.js';
import type { SubmitRun } from '../../contracts/runs.js';
import { createClient, type Client } from '../../src/client/client.js';
import { missingBackEnds, startBackEnds, type BackEnds } from './support/back-ends.js';
import { missingCollector, startCollector, type CollectedSpan, type Collector } from './support/collector.js';
import { endProcess, startApiProcess, startWorkerProcess, type FleetProcess } from './support/fleet.js';
import { temporaryDirectory } from './support/perdure-process.js';

const missing = (await missingBackEnds()) ?? (await missingCollector());
if (missing !== null) console.warn(`Traces are not tested with a collector: ${missing}`);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const SECRET = 'what only the run itself may know';

/** A service that fails once where its path says so. */
async function startService() {
  const seen: { path: string; headers: http.IncomingHttpHeaders }[] = [];
  const server = http.createServer((req, res) => {
    const path = req.url ?? '';
    const isFirst = seen.every((each) => each.path !== path);
    seen.push({ path, headers: req.headers });
    res.statusCode = path === '/fails-once' && isFirst ? 503 : 200;
    res.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  return { seen, port, host: `127.0.0.1:${port}`, close: () => server.close() };
}

interface Panel {
  title: string;
  targets?: { service?: string; tags?: string }[];
}

const SCRIPT = {
  conversations: [
    {
      when: 'look at the page',
      answers: [
        { calls: [{ tool: 'echo', args: { said: SECRET } }], inputTokens: 120, outputTokens: 7 },
        { text: `it says ${SECRET}`, inputTokens: 140, outputTokens: 9 },
      ],
    },
  ],
};

const sealed = { PERDURE_ENCRYPTION_KEYS: `first=${randomBytes(32).toString('base64')}` };

describe.skipIf(missing !== null).each([
  ['payloads in the clear, straight to a collector', {}, null],
  ['payloads sealed, by the collector of compose to another', sealed, 'deploy/compose/otel-collector.yaml'],
] as const)('a trace, %s', (_, settings, through) => {
  let backEnds: BackEnds;
  let collector: Collector;
  let told: Awaited<ReturnType<typeof startService>>;
  let stranger: Awaited<ReturnType<typeof startService>>;
  let place: Awaited<ReturnType<typeof temporaryDirectory>>;
  let client: Client;
  let apiUrl: string;
  const processes: FleetProcess[] = [];
  let spans: CollectedSpan[] = [];
  let run: Run;
  let fork: Run;
  let scheduled: string;

  const submit = async (body: SubmitRun, headers: Record<string, string>): Promise<Run> => {
    const answer = await fetch(`${apiUrl}/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${backEnds.token}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(202);
    return (await answer.json()) as Run;
  };
  const ended = async (id: string): Promise<void> => {
    for await (const { type } of client.events(id)) if (type === 'run.completed') return;
    throw new Error(`${id} has not completed`);
  };

  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + 60_000; !(await holds());) {
      if (Date.now() > deadline) throw new Error(`it does not come to: ${holds.toString()}`);
      await sleep(100);
    }
  };

  beforeAll(async () => {
    [backEnds, collector, told, stranger, place] = await Promise.all([
      startBackEnds(),
      startCollector(through),
      startService(),
      startService(),
      temporaryDirectory(),
    ]);
    const script = path.join(place.directory, 'script.json');
    await writeFile(script, JSON.stringify(SCRIPT));
    const env = {
      ...backEnds.env,
      ...settings,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      PERDURE_TRACE_HOSTS: told.host,
      PERDURE_HTTP_ALLOW: `${told.host},${stranger.host}`,
      PERDURE_MODEL: `scripted:${script}`,
      PERDURE_WEBHOOK_SECRET: 'a-secret-of-the-tests-that-is-long-enough',
      LOG_LEVEL: 'debug',
    };
    const worker = { ...env, DATABASE_URL: backEnds.supabase.databaseUrl };
    processes.push(...(await Promise.all([startApiProcess(env), startWorkerProcess(worker)])));
    apiUrl = `http://127.0.0.1:${processes[0]?.port ?? 0}`;
    client = createClient({ baseUrl: apiUrl, token: backEnds.token });

    run = await submit(
      {
        goal: SECRET,
        plan: {
          steps: [
            { id: 'quick', tool: 'echo', args: { text: SECRET } },
            { id: 'told', tool: 'http_fetch', args: { url: `http://${told.host}/fails-once` } },
            { id: 'stranger', tool: 'http_fetch', args: { url: `http://${stranger.host}/page` } },
            { id: 'think', tool: 'agent', args: { task: 'look at the page', tools: ['echo'] } },
          ],
        },
        webhook: { url: `http://${told.host}/webhook` },
      },
      {
        traceparent: `00-${TRACE}-${CALLER}-01`,
        tracestate: 'vendor=its-own',
        baggage: 'user=somebody',
      },
    );
    await ended(run.id);
    await until(() => told.seen.some(({ path }) => path === '/webhook'));
    fork = await client.fork(run.id, { fromStep: 'stranger' });
    await ended(fork.id);
    const failing = await submit(
      { goal: 'fails', plan: { steps: [{ id: 'f', tool: 'file_read', args: { path: 'none.txt' } }] } },
      {},
    );
    await client.wait(failing.id);
    const schedule = await client.schedules.create({
      name: 'now and then',
      cron: '0 0 1 1 *',
      run: { goal: 'on its own', plan: { steps: [{ id: 'only', tool: 'echo', args: {} }] } },
    });
    await client.schedules.trigger(schedule.id);
    await until(async () => {
      const { runs } = await client.list({ status: ['completed'] });
      scheduled = runs.find(({ goal }) => goal === 'on its own')?.id ?? '';
      return scheduled !== '';
    });
    await until(async () => {
      spans = await collector.spans();
      return spans.some(({ name }) => name === 'workflow scheduledRun');
    });
    const late = await client.get(run.id);
    expect(late.status).toBe('completed');
    // Whoever drains sends what it still has.
    expect(await Promise.all(processes.map((process) => endProcess(process, 'SIGTERM')))).toEqual([0, 0]);
    await until(async () => {
      spans = await collector.spans();
      return spans.some(({ name }) => name === 'GET /v1/runs/{id}');
    });
  }, 600_000);
  afterAll(async () => {
    await Promise.all(processes.map((process) => endProcess(process, 'SIGKILL')));
    told.close();
    stranger.close();
    await collector.release();
    await place.remove();
    await backEnds.release();
  });

  const one = (name: string, has: Record<string, unknown> = {}, of = spans): CollectedSpan => {
    const found = of.filter(
      (span) =>
        span.name === name && Object.entries(has).every(([key, value]) => span.attributes[key] === value),
    );
    const [span, ...others] = found;
    if (span === undefined || others.length > 0)
      throw new Error(`${found.length} spans are ${name} ${JSON.stringify(has)}`);
    return span;
  };
  const inTrace = (): CollectedSpan[] => spans.filter(({ traceId }) => traceId === TRACE);
  /** Names from the outermost to this one. */
  const wayTo = (span: CollectedSpan): string[] => {
    const above = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return [...(above === undefined ? [] : wayTo(above)), span.name];
  };
  const ofRun = (): Record<string, unknown> => ({ 'perdure.run.id': run.id });
  const models = (): string[] =>
    spans.flatMap(({ attributes }) =>
      typeof attributes['gen_ai.request.model'] === 'string' ? [attributes['gen_ai.request.model']] : [],
    );

  test('joins from the caller over HTTP and the workflow to the tool and what it calls', () => {
    const http = one('POST /v1/runs', {}, inTrace());
    expect([http.traceId, http.parentSpanId, http.service]).toEqual([TRACE, CALLER, 'perdure-api']);
    const here = inTrace();
    // Each has its parent in the trace, but for the first, whose parent is the caller's.
    const ids = new Set([CALLER, ...here.map(({ spanId }) => spanId)]);
    expect(here.filter(({ parentSpanId }) => !ids.has(parentSpanId))).toEqual([]);
    const run = ['POST /v1/runs', 'invoke_agent default'];
    const got = here.filter(({ name }) => name === 'GET').map(wayTo);
    expect(got).toEqual(
      Array.from({ length: 3 }, () => [...run, 'activity runTool', 'execute_tool http_fetch', 'GET']),
    );
    const quick = here.find(
      (span) => span.name === 'execute_tool echo' && wayTo(span).includes('activity carryOut'),
    );
    expect(quick === undefined ? [] : wayTo(quick)).toEqual([
      ...run,
      'activity carryOut',
      'execute_tool echo',
    ]);
    const models = here.filter(({ name }) => name.startsWith('chat '));
    expect(models.map(wayTo).map((way) => way.slice(0, 3))).toEqual(
      Array.from({ length: 2 }, () => [...run, 'activity takeAgentTurn']),
    );
    expect(wayTo(one('POST', {}, inTrace()))).toEqual([
      ...run,
      'workflow deliverWebhook',
      'activity sendWebhook',
      'POST',
    ]);
  });

  test('tells models’ calls by the conventions, with tokens and costs', () => {
    const models = spans.filter(({ name, traceId }) => name.startsWith('chat ') && traceId === TRACE);
    expect(models.map(({ attributes }) => attributes)).toMatchObject([
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'scripted',
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.output_tokens': 7,
        'perdure.cost.usd': 0,
      },
      { 'gen_ai.usage.input_tokens': 140, 'gen_ai.usage.output_tokens': 9 },
    ]);
    expect(one('invoke_agent default', ofRun()).attributes).toMatchObject({
      'gen_ai.agent.name': 'default',
      'gen_ai.conversation.id': run.id,
      'perdure.tenant.id': 'acme',
      'perdure.outcome': 'completed',
    });
  });

  test('links each try to the one before, and a fork to the run that it goes on from', () => {
    const tries = spans.filter(
      ({ name, attributes }) => name === 'activity runTool' && attributes['perdure.step.id'] === 'told',
    );
    const [first, second] = tries.toSorted(
      (a, b) => Number(a.attributes['perdure.attempt']) - Number(b.attributes['perdure.attempt']),
    );
    expect([first?.failed, second?.failed]).toEqual([true, false]);
    expect(second?.links).toMatchObject([{ traceId: TRACE, spanId: first?.spanId }]);
    const forked = one('invoke_agent default', { 'perdure.run.id': fork.id });
    expect(forked.traceId).not.toBe(TRACE);
    expect(forked.links).toMatchObject([
      { traceId: TRACE, spanId: one('invoke_agent default', ofRun()).spanId },
    ]);
  });

  test('of a run that a schedule has started is one trace, too', () => {
    const runs = one('invoke_agent default', { 'perdure.run.id': scheduled });
    const tools = spans.filter(
      ({ traceId, name }) => traceId === runs.traceId && name.startsWith('execute_tool'),
    );
    expect(tools.map(wayTo)).toEqual([
      ['workflow scheduledRun', 'invoke_agent default', 'activity carryOut', 'execute_tool echo'],
    ]);
  });

  test('is told to whom it may be, and nobody is told of baggage', () => {
    const fetched = spans.filter(({ name, traceId }) => name === 'GET' && traceId === TRACE);
    const mine = told.seen.filter(({ headers }) => String(headers.traceparent).includes(TRACE));
    // Both tries, and the webhook of the run; that of the fork is of another trace.
    expect(mine.map(({ path }) => path)).toEqual(['/fails-once', '/fails-once', '/webhook']);
    const parents = mine.map(({ headers }) => String(headers.traceparent).split('-'));
    for (const [version, trace, span] of parents) {
      expect([version, trace]).toEqual(['00', TRACE]);
      expect([...fetched, one('POST', {}, inTrace())].map(({ spanId }) => spanId)).toContain(span);
    }
    expect(mine.map(({ headers }) => headers.tracestate)).toEqual(mine.map(() => 'vendor=its-own'));
    expect(told.seen.filter(({ headers }) => headers.baggage !== undefined)).toEqual([]);
    expect(stranger.seen.length).toBeGreaterThanOrEqual(2);
    for (const { headers } of stranger.seen)
      expect([headers.traceparent, headers.tracestate, headers.baggage]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
  });

  test('the dashboard of traces asks for what is there, and finds it', async () => {
    const { panels, templating } = JSON.parse(
      await readFile('deploy/monitoring/dashboards/traces.json', 'utf8'),
    ) as { panels: Panel[]; templating: { list: { name: string }[] } };
    const values = { tool: 'http_fetch', model: models()[0] ?? '', run: run.id, longer: '0s', trace: TRACE };
    expect(templating.list.map(({ name }) => name).sort()).toEqual([...Object.keys(values), 'traces'].sort());
    const searches = panels.flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ service, tags }) => (service === undefined ? [] : [{ title, service, tags }])),
    );
    expect(searches.length).toBeGreaterThan(5);
    for (const { title, service, tags = '' } of searches) {
      const wanted = tags
        .replaceAll(/\$(\w+)/g, (_all, name: keyof typeof values) => values[name])
        .split(' ')
        .map((tag): [string, string] => tag.split(/=(.*)/s).slice(0, 2) as [string, string]);
      const found = spans.filter(
        (span) =>
          span.service === service &&
          wanted.every(([name, value]) =>
            name === 'error' ? span.failed : String(span.attributes[name]) === value,
          ),
      );
      // A request that could not be served is not to be had here; its attribute is.
      if (tags === 'http.response.status_code=503')
        expect(spans.some((span) => 'http.response.status_code' in span.attributes)).toBe(true);
      else expect(found.length, title).toBeGreaterThan(0);
    }
  });

  test('holds nothing of what was said, and the log names it', async () => {
    expect(await collector.text()).not.toContain(SECRET);
    const lines = processes.map(({ output }) =>
      output()
        .split('\n')
        .filter((line) => line.includes(TRACE))
        .map((line) => JSON.parse(line) as { trace_id?: string; span_id?: string; msg: string }),
    );
    const ids = new Set(spans.map(({ spanId }) => spanId));
    for (const [i, of] of lines.entries()) {
      expect(of.length, `process ${i}`).toBeGreaterThan(0);
      for (const line of of) expect([line.trace_id, ids.has(line.span_id ?? '')]).toEqual([TRACE, true]);
    }
    expect(lines[0]?.map(({ msg }) => msg)).toContain('request');
  });
});
