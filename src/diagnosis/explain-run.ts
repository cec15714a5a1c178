/** Why a run moves or does not, down to the run of a sub-agent that it waits for. */
import type { Why } from '../../contracts/why.js';
import { explain } from './explain.js';
import { gather, type Sources } from './gather.js';

/** Sub-agents of sub-agents that are looked into. */
const DEPTH = 3;

export async function explainRun(
  sources: Sources,
  tenantId: string,
  runId: string,
  depth = DEPTH,
): Promise<Why> {
  const facts = await gather(sources, tenantId, runId);
  const why = explain(facts);
  const [child] = 'answer' in facts.workflow ? (facts.workflow.answer?.children ?? []) : [];
  if (why.cause !== 'sub_agent' || child === undefined || depth === 0) return why;
  const below = await explainRun(sources, tenantId, child, depth - 1);
  // One that has just ended is heard of in a moment.
  if (below.cause === 'finished' || below.state === 'moving') return why;
  return {
    ...why,
    // It stands still as much as the run below does.
    state: below.state,
    sentence: `${why.sentence} Of that run: ${below.sentence}`,
    whatToDo: `${below.whatToDo} ${why.whatToDo}`,
    evidence: [...why.evidence, { what: 'cause of the sub-agent', value: below.cause }],
  };
}
