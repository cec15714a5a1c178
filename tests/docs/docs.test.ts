/**
 * Documents that say what the code says: each is written from the code's own tables.
 * After a change: npx vitest run tests/docs -u
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CANARY_TENANT } from '../../contracts/canary.js';
import { errorTable } from '../../contracts/errors.js';
import { createMetrics } from '../../src/adapters/prometheus/metrics.js';
import { environment } from '../../src/config/environment.js';
import { agentTool } from '../../src/agents/agent-tool.js';
import { delegateTool } from '../../src/agents/delegate-tool.js';
import { createToolRegistry } from '../../src/tools/registry.js';
import type { Tool } from '../../src/tools/tool.js';
import { documents } from './code-blocks.js';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

test('docs/errors.md', async () => {
  const rows = Object.entries(errorTable)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, e]) =>
        `| \`${code}\` | ${e.status} | ${e.retryable ? 'yes' : 'no'} | ${e.title} | ${e.advice} |`,
    );
  const text = `# Errors

Every answer of 4xx and 5xx is \`application/problem+json\` (RFC 9457):

\`\`\`json
{
  "type": "urn:perdure:error:invalid_plan",
  "title": "The plan cannot run",
  "status": 422,
  "code": "invalid_plan",
  "detail": "plan.steps[0].tool: there is no tool \\"fetch\\"",
  "advice": "Each entry of errors names the step and the field at fault.",
  "instance": "/v1/runs",
  "requestId": "0b0f…",
  "errors": [{ "field": "plan.steps[0].tool", "message": "there is no tool \\"fetch\\"" }]
}
\`\`\`

\`code\` is stable: decide by it, never by the texts. \`errors\` is there where fields are at fault. The same codes
stand in a run's \`error\` and in the events \`step.failed\`, \`step.retrying\` and \`run.failed\`. *Retry* says whether the
same action, done again later, can succeed; perdure itself retries by it, and answers of 503 bring \`Retry-After\`.

| code | status | retry | what it means | what to do |
|---|---|---|---|---|
${rows.join('\n')}
`;
  await expect(text).toMatchFileSnapshot(path.join(root, 'docs/errors.md'));
});

test('docs/tools.md', async () => {
  const tools = createToolRegistry({ httpAllow: [], more: [agentTool, delegateTool] }).list();
  const text = `# Tools

What a plan's steps can call. The same list, with the arguments as JSON schemas, is at \`GET /v1/tools\`.

- *Effect*: \`read\` changes nothing outside the run; \`reversible\` may be done again; \`irreversible\` is never done twice
  by perdure itself (see [concepts](concepts.md#side-effects)).
- *Limit*: how long one attempt may take. *Attempts*: how often an error marked as retryable is tried.
- *Quick*: done within milliseconds, inside a workflow task (see [concepts](concepts.md#quick-steps)).
- Paths are relative to the run's workspace.

${tools.map(describeTool).join('\n')}`;
  await expect(text).toMatchFileSnapshot(path.join(root, 'docs/tools.md'));
});

function describeTool({ name, description, effect, quick, timeoutSeconds, maxAttempts, args }: Tool): string {
  const schema = z.toJSONSchema(args, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Record<string, unknown>>;
    required?: string[];
  };
  const rows = Object.entries(schema.properties ?? {}).map(([field, property]) => {
    const needed = schema.required?.includes(field) === true ? 'required' : '';
    return `| \`${field}\` | ${typeOf(property)} | ${[needed, ...limitsOf(property)].filter((s) => s !== '').join(', ')} |`;
  });
  const table =
    rows.length === 0
      ? 'Takes any arguments.\n'
      : `| argument | type | |\n|---|---|---|\n${rows.join('\n')}\n`;
  return `## ${name}\n\n${description}\n\nEffect \`${effect}\`, limit ${timeoutSeconds} s, attempts ${maxAttempts}${quick ? ', quick' : ''}.\n\n${table}`;
}

const typeOf = ({ type, enum: values, anyOf }: Record<string, unknown>): string => {
  if (Array.isArray(values)) return values.map((v) => `\`${JSON.stringify(v)}\``).join(' or ');
  if (anyOf !== undefined || type === undefined) return 'any JSON';
  return typeof type === 'string' ? type : 'any JSON';
};

const limitsOf = (property: Record<string, unknown>): string[] => {
  const said = {
    minimum: 'at least',
    maximum: 'at most',
    maxLength: 'characters at most',
    default: 'default',
  };
  return Object.entries(said).flatMap(([key, words]) =>
    property[key] === undefined ? [] : [`${words} ${JSON.stringify(property[key])}`],
  );
};

test('docs/metrics.md', async () => {
  const metrics = createMetrics();
  const rooms = [metrics.api(), metrics.runs(), metrics.canary()];
  expect(rooms).toHaveLength(3);
  const rows = (metrics.registry.getMetricsAsArray() as unknown as MetricDescription[])
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, type, labelNames }) => {
      const labels = labelNames.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${labels} | ${help} |`;
    });
  const text = `# Metrics

\`GET /metrics\` of an API, and the same address of a worker's port (\`PERDURE_WORKER_PORT\`), answer in Prometheus' text
format. Each process tells what it does itself; \`npm start\` is both and tells everything on the API's port.

They are of the whole system, so no tenant's token and no API key opens them. \`PERDURE_METRICS_TOKEN\` does, as
\`Authorization: Bearer ...\`. Without one, the API's are read by anybody where nobody has to sign in and by nobody
elsewhere; the worker's, whose port no tenant should reach, by anybody.

| metric | kind | labels | |
|---|---|---|---|
${rows.join('\n')}

Of a histogram there are \`_bucket\`, \`_sum\` and \`_count\`. What an API tells of the whole system
(\`perdure_runs_*\`, \`perdure_task_queue_*\`) is looked at when it is read, at most every five seconds, and missing where
the database or Temporal does not answer within three. With several APIs take \`max\`, not \`sum\`.

A worker tells Temporal's own figures too, those of its [SDK](https://docs.temporal.io/references/sdk-metrics): among
them \`temporal_worker_task_slots_available\` and \`_used\` (places, by \`worker_type\`), \`temporal_sticky_cache_size\`,
\`temporal_activity_schedule_to_start_latency_seconds\` and \`temporal_workflow_task_schedule_to_start_latency_seconds\`
(how long tasks wait for a worker), \`temporal_workflow_task_execution_failed_total\`, \`temporal_request_failure_total\`.
Every process tells \`process_*\` and \`nodejs_*\`: processor, memory, event loop, garbage collection.

## The canary

With \`PERDURE_CANARY_SECONDS\` set, each API sends a run through the whole path so often, as \`perdure doctor\` does: submitted
over HTTP, a quick step, files, an activity, its events back on a stream. It asks no model unless
\`PERDURE_SUPERVISOR_MODEL\` is set; an agent \`default\` of your own must let it call \`echo\`, \`file_write\`, \`file_read\` and
\`javascript\`. Its runs are those of a tenant of its own (\`${CANARY_TENANT}\`), which no limit
counts, so they stand in nobody's lists; they are deleted as they complete, and a day later where they failed. The log
says which hop failed, and why.
`;
  await expect(text).toMatchFileSnapshot(path.join(root, 'docs/metrics.md'));
});

/** As prom-client keeps it. */
interface MetricDescription {
  name: string;
  help: string;
  type: string;
  labelNames: string[];
}

test('.env.example names every variable, and no other', async () => {
  const named = [...(await read('.env.example')).matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((m) => m[1]);
  expect(named.toSorted()).toEqual(Object.keys(environment.shape).toSorted());
});

test('docs/dependencies.md has a line for every dependency, and for no other', async () => {
  const manifest = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>;
  const asked = Object.keys({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  });
  const lines = [...(await read('docs/dependencies.md')).matchAll(/^\| (.+?) \|/gm)].flatMap((m) =>
    [...(m[1] ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1]),
  );
  expect(lines.toSorted()).toEqual(asked.toSorted());
});

test('links between the documents lead somewhere', async () => {
  const files = [...(await documents()), 'CONTRIBUTING.md', 'deploy/README.md'];
  for (const file of files)
    for (const [, target = ''] of (await read(file)).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g))
      await expect(
        read(path.join(path.dirname(file), target)).catch(() => 'missing'),
        `${file}: ${target}`,
      ).resolves.not.toBe('missing');
});
