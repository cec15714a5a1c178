/** Asks a person whether a step, or the plan, may be carried out: exactly what is asked is journalled. */
import { createHash } from 'node:crypto';
import type { Activities, RequestApprovalInput } from '../contracts/activities.js';
import { asksFor } from '../contracts/asking.js';
import { canonicalJson } from '../contracts/canonical-json.js';
import { PerdureError } from '../contracts/errors.js';
import type { NewEvent } from '../contracts/events.js';
import type { JsonValue } from '../contracts/plan.js';
import type { ApprovalKind } from '../contracts/statuses.js';
import { SYSTEM_FOLDER } from '../contracts/workspace-path.js';
import type { ActivityDependencies } from './dependencies.js';
import { AgentFiles, callOf } from './agent-files.js';
import { Journal, now } from './journal.js';
import { resolveArgs } from './resolve-args.js';
import { isOutage } from './to-failure.js';

/** Bytes of JSON that an event shows of the arguments; whoever decides on larger ones finds them in a file. */
const SHOWN_ARGS_BYTES = 64_000;

/** A supervisor's question is answered as one of a plan's steps is. */
const ASK_TOOL = 'ask_human';

/** Of exactly this value. */
export const hashOf = (value: JsonValue): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex');

export async function requestApproval(
  deps: ActivityDependencies,
  input: RequestApprovalInput,
): ReturnType<Activities['requestApproval']> {
  const { approvalId, step, reason, expiresAt } = input;
  const key = `approval/${approvalId}/requested`;
  const journal = new Journal(deps, input);
  // What earlier steps could not store, this one may refer to.
  await journal.append();
  const about = await aboutOf(deps, input);
  if (about instanceof PerdureError) return { error: about.toInfo() };
  const note = input.note ?? (typeof step?.approval === 'object' ? step.approval.note : undefined);
  const event: NewEvent = {
    type: 'approval.requested',
    key,
    at: now(),
    ...(step === null ? {} : { stepId: step.id }),
    data: {
      approvalId,
      kind: kindOf(input),
      reason,
      ...about,
      ...(note === undefined ? {} : { note }),
      ...(expiresAt === null ? {} : { expiresAt }),
    },
  };
  const rows = await journal.append(event);
  const recorded = rows.find((row) => row.key === key)?.event;
  return { argsHash: recorded?.type === 'approval.requested' ? recorded.argsHash : about.argsHash };
}

function kindOf({ step, call, reason, question }: RequestApprovalInput): ApprovalKind {
  if (step === null) return 'plan';
  if (question !== undefined) return 'question';
  if (reason === 'outcome_unknown') return 'outcome';
  return call === undefined ? (asksFor(step.tool) ?? 'step') : 'call';
}

interface About {
  tool?: string;
  title?: string;
  args?: Record<string, JsonValue>;
  argsRef?: string;
  argsHash: string;
}

/** @returns the error of arguments that no time mends */
async function aboutOf(
  deps: ActivityDependencies,
  { runId, tenantId, approvalId, step, call, approved, question }: RequestApprovalInput,
): Promise<About | PerdureError> {
  if (step === null) {
    // As it is now: what changes it asks anew.
    const run = await deps.store.getRun(tenantId, runId);
    return { argsHash: hashOf((run?.plan ?? null) as JsonValue) };
  }
  if (question !== undefined) {
    const args = { question };
    return {
      tool: ASK_TOOL,
      ...(step.title === undefined ? {} : { title: step.title }),
      ...{ args, argsHash: hashOf(args) },
    };
  }
  try {
    const asked =
      call === undefined
        ? { tool: step.tool, args: approved?.args ?? (await resolveArgs(deps, { runId, tenantId }, step)) }
        : await callOf(new AgentFiles(deps.workspace, { runId, tenantId }, step.id), call);
    const { tool } = asked;
    const args = approved?.args ?? asked.args;
    const json = JSON.stringify(args);
    const isShown = Buffer.byteLength(json) <= SHOWN_ARGS_BYTES;
    const argsRef = `${SYSTEM_FOLDER}/approvals/${approvalId}.json`;
    if (!isShown) await deps.workspace.put({ runId, tenantId }, argsRef, json);
    return {
      tool,
      ...(step.title === undefined ? {} : { title: step.title }),
      ...(isShown ? { args } : { argsRef }),
      argsHash: hashOf(args),
    };
  } catch (error) {
    if (!(error instanceof PerdureError) || isOutage(error)) throw error;
    return error;
  }
}
