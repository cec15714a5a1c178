/** What people decide. */
import type { Approval, ApprovalList } from '../../contracts/approvals.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { Run } from '../../contracts/answers.js';
import { post, type Calls } from './calls.js';
import { queryOf, type ApprovalFilter } from './filters.js';
import { listing, type Listing } from './listing.js';
import type { CallOptions } from './requests.js';

export interface ApprovalDecision {
  decision: 'approve' | 'deny';
  /** Of the approval, so that nothing else is approved. */
  argsHash?: string;
  /** To a question, or the event that is waited for; with approve only. */
  answer?: JsonValue;
  /** Instead of those that were asked for; with approve only. */
  args?: Record<string, JsonValue>;
  /** Of an `outcome`, where the tool has acted: what it put out; with approve only. */
  output?: JsonValue;
  note?: string;
}

export type ApprovalListing = Listing<ApprovalList, Approval>;

export interface ApprovalCalls {
  /** Of all runs, or of one; the oldest first. */
  list(filter?: ApprovalFilter, options?: CallOptions): ApprovalListing;
  /** The first decision counts: PerdureApiError 409 to whoever comes later. */
  decide(id: string, approvalId: string, decision: ApprovalDecision, options?: CallOptions): Promise<Run>;
}

export function createApprovalCalls({ json }: Calls): ApprovalCalls {
  return {
    list: ({ runId, ...filter } = {}, call = {}) =>
      listing(
        (cursor = filter.cursor) => {
          const query = queryOf({ ...filter, cursor });
          return runId === undefined
            ? json<ApprovalList>('listApprovals', { ...call, query })
            : json<ApprovalList>('listRunApprovals', { ...call, parameters: { id: runId }, query });
        },
        ({ approvals }) => approvals,
      ),
    // The same decision sent again counts once.
    decide: (id, approvalId, decision, call = {}) =>
      json('decideApproval', {
        ...call,
        parameters: { id, approvalId },
        ...post(decision),
        repeatable: true,
      }),
  };
}
