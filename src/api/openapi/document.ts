/**
 * The HTTP API as an OpenAPI 3.1 document, from the route table, the schemas of the contract and the error table.
 * What it says beyond those stands in the files `*-operations.ts`.
 */
import { api, type RouteName } from '../../../contracts/api.js';
import { version } from '../../../contracts/version.js';
import { apiKeysOperations } from './api-keys-operations.js';
import { approvalsOperations } from './approvals-operations.js';
import { auditOperations } from './audit-operations.js';
import { errorAnswers, errorCodesOf, problemAnswers, problemExamples } from './error-answers.js';
import { eventsOperations } from './events-operations.js';
import { filesOperations } from './files-operations.js';
import { forksOperations } from './forks-operations.js';
import { headerRefs, headers } from './headers.js';
import type { Json } from './json.js';
import type { Answer, Operation, Operations } from './operation.js';
import { plansOperations } from './plans-operations.js';
import { runControlOperations } from './run-control-operations.js';
import { runsOperations } from './runs-operations.js';
import { componentSchemas } from './schemas.js';
import { securityOf, securitySchemes } from './security.js';
import { schedulesOperations } from './schedules-operations.js';
import { serverOperations } from './server-operations.js';
import { outgoing, webhooksOperations } from './webhooks-operations.js';

/** One for every call of the contract: the compiler misses none. */
const operations: Operations<RouteName> = {
  ...runsOperations,
  ...plansOperations,
  ...runControlOperations,
  ...forksOperations,
  ...eventsOperations,
  ...filesOperations,
  ...apiKeysOperations,
  ...approvalsOperations,
  ...auditOperations,
  ...schedulesOperations,
  ...webhooksOperations,
  ...serverOperations,
};

const DESCRIPTION = `Durable agent runs over Temporal. Submit a goal with a plan, follow its events, read its files.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`. Every answer has an \`X-Request-Id\`; a request
may bring its own. Unknown fields are refused. Where there is a GET there is a HEAD.`;

export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'perdure',
      version,
      summary: 'Durable agent runs',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'Runs', description: 'Submitted, listed, shown and cancelled.' },
      { name: 'Events', description: 'What happens in a run: a log without gaps, live or by pages.' },
      { name: 'Files', description: 'The workspace of a run.' },
      { name: 'Tools', description: 'What the steps of a plan can call.' },
      { name: 'Agents', description: 'Who carries a goal out: instructions, models, tools.' },
      { name: 'Approvals', description: 'What waits for a person’s word.' },
      { name: 'Schedules', description: 'Runs that are started again and again.' },
      { name: 'Webhooks', description: 'Who is told when a run ends.' },
      { name: 'API keys', description: 'For programs; made and revoked by admins.' },
      { name: 'Audit', description: 'Who did what.' },
      { name: 'Server', description: 'The server itself.' },
    ],
    paths: paths(),
    webhooks: outgoing,
    components: {
      schemas: componentSchemas(),
      headers,
      responses: problemAnswers(),
      examples: problemExamples(),
      securitySchemes,
    },
  };
}

function paths(): Json {
  const made: Record<string, Json> = {};
  for (const name of Object.keys(api) as RouteName[]) {
    const { method, path } = api[name];
    (made[path] ??= {})[method.toLowerCase()] = operationOf(name, operations[name]);
  }
  return made;
}

function operationOf(name: RouteName, operation: Operation): Json {
  const { tag, summary, description, body } = operation;
  const parameters = [...pathParameters(api[name].path), ...(operation.parameters ?? [])];
  return {
    operationId: name,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...errorAnswers(errorCodesOf(name, operation)),
    },
    security: securityOf(name),
  };
}

const requestBody = (body: NonNullable<Operation['body']>): Json => ({
  required: body.required,
  content:
    'content' in body
      ? body.content
      : {
          'application/json': {
            schema: body.schema,
            ...(body.examples === undefined ? {} : { examples: body.examples }),
          },
        },
});

const answerOf = ({ description, content, headers: named = [], links }: Answer): Json => ({
  description,
  headers: headerRefs(['X-Request-Id', ...named]),
  ...(content === undefined ? {} : { content }),
  ...(links === undefined ? {} : { links }),
});

const parameterOf: Record<string, Json> = {
  id: { description: 'Of the run.', schema: { type: 'string', format: 'uuid' } },
  keyId: { description: 'Of the key; not the key itself.', schema: { type: 'string', format: 'uuid' } },
  scheduleId: { description: 'Of the schedule.', schema: { type: 'string', format: 'uuid' } },
  approvalId: {
    description: 'Of the approval, as it is asked for.',
    schema: { type: 'string', minLength: 1, maxLength: 100 },
  },
  path: {
    description:
      'Of the file, relative: plain names joined by `/`, each encoded once and the slashes not. Refused are `..`, absolute paths, backslashes, control characters and encoded separators; `.perdure/` can be read, not written.',
    schema: { type: 'string', minLength: 1, maxLength: 1_024 },
    // Those who encode the slashes, as most programs that read this document do, reach files of one name only.
    example: 'report.md',
  },
};

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...parameterOf[name],
  }));
