/**
 * Documents that say what the code says: each is written from the code's own tables.
 * After a change: npx vitest run tests/docs -u
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { errorTable } from '../../contracts/errors.js';
import { environment } from '../../src/config/environment.js';
import { createAgentTool } from '../../src/agents/agent-tool.js';
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
  const agentTool = createAgentTool(() => {
    throw new Error('only described');
  });
  const tools = createToolRegistry({ httpAllow: [], more: [agentTool] }).list();
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
