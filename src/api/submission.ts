/** A submission that was found good: what a request to start a run means, checked field by field. */
import { createHash } from 'node:crypto';
import { v5, v7 } from 'uuid';
import { DEFAULT_AGENT, type Agent } from '../../contracts/agents.js';
import { policyOfRun, type ApprovalPolicy } from '../../contracts/approvals.js';
import { checkPlan } from '../../contracts/check-plan.js';
import { PerdureError, type FieldError } from '../../contracts/errors.js';
import { MAX_PLAN_BYTES, type JsonValue, type Plan } from '../../contracts/plan.js';
import {
  idempotencyKeySchema,
  MAX_INPUT_DATA_BYTES,
  submitRunSchema,
  type NewRun,
  type SubmitRun,
} from '../../contracts/runs.js';
import { workspacePath } from '../../contracts/workspace-path.js';
import type { ReusedSteps } from '../../contracts/messages.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { canonicalJson } from '../../contracts/canonical-json.js';
import { invalid, validate } from './validate.js';

export interface InputFile {
  path: string;
  content: Buffer;
}

export interface Submission {
  run: NewRun & { requestHash: string };
  /** Null to have one made. */
  plan: Plan | null;
  inputs: SubmitRun['inputs'];
  files: InputFile[];
  approvals: ApprovalPolicy | undefined;
  priority: number | undefined;
  /** Where it goes on from another run. */
  reused?: ReusedSteps;
  /** True when the client sent an Idempotency-Key: the id is then the same for every repeat. */
  keyed: boolean;
}

/** Namespace of the ids derived from keys; made up once, never to change. */
const ID_NAMESPACE = '5f0c1d52-8f6e-4d0b-9d53-6a3c5a1f7e11';

/**
 * @param body parsed JSON
 * @throws PerdureError `invalid_request`, `invalid_plan`, `invalid_path`, `unknown_agent`, `model_not_configured`
 */
export function readSubmission(
  body: unknown,
  given: { tenantId: string; key: string | undefined; now: Date; tools: ToolCatalog; agents: AgentCatalog },
): Submission {
  const { tenantId, key, now } = given;
  if (key !== undefined) validate(idempotencyKeySchema, key, 'Idempotency-Key');
  const request = validate(submitRunSchema, body, 'body');
  const files = readFiles(request);
  checkSizes(request);
  const agent = findAgent(request.agent ?? DEFAULT_AGENT, given.agents);
  const { plan } = request;
  const approvals = policyOfRun(request, agent.approvals);
  const budget = request.budget === undefined ? agent.budget : { ...agent.budget, ...request.budget };
  if (plan === undefined) refuseWithoutPlanner(agent);
  else {
    checkedPlan(plan, agent, request.inputs?.data, given.tools);
  }
  return {
    run: {
      id: runIdFor(tenantId, key),
      tenantId,
      goal: request.goal,
      agent: agent.name,
      metadata: request.metadata ?? {},
      requestHash: createHash('sha256').update(canonicalJson(request)).digest('hex'),
      ...(request.webhook === undefined ? {} : { webhook: request.webhook }),
      ...settingsOf(approvals ?? request.approvals, request.priority),
      createdAt: now.toISOString(),
      ...(budget === undefined ? {} : { budget }),
    },
    plan: plan ?? null,
    inputs: request.inputs,
    files,
    approvals,
    priority: request.priority,
    keyed: key !== undefined,
  };
}

/** With a key the same for every repeat. */
export const runIdFor = (tenantId: string, key: string | undefined): string =>
  key === undefined ? v7() : v5(JSON.stringify([tenantId, key]), ID_NAMESPACE);

/** @throws PerdureError `invalid_plan` */
export function checkedPlan(plan: Plan, agent: Agent, data: JsonValue | undefined, tools: ToolCatalog): void {
  const errors = checkPlan(plan, data, (tool, args) => tools.checkArgs(tool, args));
  const all = [...errors, ...refusedTools(plan, agent, tools)];
  if (all.length > 0) throw invalid('invalid_plan', all);
}

/** @throws PerdureError `unknown_agent` */
export function findAgent(name: string, agents: AgentCatalog): Agent {
  const found = agents.find(name);
  if (found !== undefined) return found;
  const known = agents.list().map((agent) => JSON.stringify(agent.name));
  throw new PerdureError(
    'unknown_agent',
    `there is no agent ${JSON.stringify(name)}; there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`,
    {
      errors: [
        { field: 'agent', message: `must be ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}` },
      ],
    },
  );
}

function refuseWithoutPlanner({ name, models }: Agent): void {
  if (models.planner.length > 0) return;
  throw new PerdureError(
    'model_not_configured',
    `the agent ${JSON.stringify(name)} has no model configured that could make a plan; send one`,
    { errors: [{ field: 'plan', message: 'is required while no model is configured' }] },
  );
}

/** A tool that there is, and that the agent may not call. */
const refusedTools = (plan: Plan, agent: Agent, tools: ToolCatalog): FieldError[] =>
  plan.steps.flatMap(({ tool }, i) =>
    agent.tools.includes(tool) || tools.checkArgs(tool, {}) === undefined
      ? []
      : [
          {
            field: `plan.steps[${i}].tool`,
            message: `the agent ${JSON.stringify(agent.name)} may not call ${JSON.stringify(tool)}`,
          },
        ],
  );

function checkSizes(request: SubmitRun): void {
  const parts = [
    { field: 'plan', value: request.plan, most: MAX_PLAN_BYTES },
    { field: 'inputs.data', value: request.inputs?.data, most: MAX_INPUT_DATA_BYTES },
  ];
  const errors = parts.flatMap(({ field, value, most }) => {
    const bytes = value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value));
    const message = `is ${bytes} bytes of JSON, at most ${most} are allowed; put large data into files`;
    return bytes > most ? [{ field, message }] : [];
  });
  if (errors.length > 0) throw invalid('invalid_request', errors);
}

function readFiles(request: SubmitRun): InputFile[] {
  const errors: FieldError[] = [];
  const codes = new Set<string>();
  const seen = new Map<string, number>();
  const files = (request.inputs?.files ?? []).flatMap((file, i) => {
    const field = `inputs.files[${i}].path`;
    try {
      const path = workspacePath(file.path);
      const first = seen.get(path);
      if (first !== undefined) throw twice(first);
      seen.set(path, i);
      return [{ path, content: contentOf(file) }];
    } catch (error) {
      if (!(error instanceof PerdureError)) throw error;
      codes.add(error.code);
      errors.push({ field, message: error.message });
      return [];
    }
  });
  for (const [path, i] of seen) {
    // A path cannot be a file and the folder of another file.
    const parts = path.split('/');
    const above = parts.slice(1).map((_, n) => parts.slice(0, n + 1).join('/'));
    const clash = above.map((folder) => seen.get(folder)).find((n) => n !== undefined);
    if (clash !== undefined)
      errors.push({
        field: `inputs.files[${i}].path`,
        message: `lies below the file inputs.files[${clash}]`,
      });
  }
  if (errors.length > 0)
    throw invalid(codes.has('invalid_path') ? 'invalid_path' : 'invalid_request', errors);
  return files;
}

const twice = (first: number): PerdureError =>
  new PerdureError('invalid_request', `is already the path of inputs.files[${first}]`);

const contentOf = (file: { content?: string | undefined; contentBase64?: string | undefined }): Buffer =>
  file.contentBase64 === undefined
    ? Buffer.from(file.content ?? '', 'utf8')
    : Buffer.from(file.contentBase64, 'base64');

/** With what counts, so that a run that goes on from this one asks for no less. */
function settingsOf(
  approvals: ApprovalPolicy | undefined,
  priority: number | undefined,
): Pick<NewRun, 'settings'> {
  if (approvals === undefined && priority === undefined) return {};
  return {
    settings: {
      ...(approvals === undefined ? {} : { approvals }),
      ...(priority === undefined ? {} : { priority }),
    },
  };
}
