/** Delegation by the agents' files: nobody hands on more than they have. */
import { checkPlan } from '../../contracts/check-plan.js';
import { PerdureError } from '../../contracts/errors.js';
import type { Agent } from '../../contracts/agents.js';
import type { AgentCatalog } from '../ports/agent-catalog.js';
import type { Delegation } from '../ports/delegation.js';
import type { ToolCatalog } from '../ports/tool-catalog.js';
import { delegateArgsSchema } from './delegate-tool.js';

export function createDelegation({
  agents,
  tools,
}: {
  agents: AgentCatalog;
  tools: ToolCatalog;
}): Delegation {
  const find = (name: string): Agent => {
    const agent = agents.find(name);
    if (agent === undefined)
      throw new PerdureError('unknown_agent', `this worker has no agent ${JSON.stringify(name)}`);
    return agent;
  };
  return {
    check(by, given) {
      const args = delegateArgsSchema.parse(given);
      const [parent, child] = [find(by), find(args.agent ?? by)];
      // In code, whatever a plan or a model says: else a run could reach by another what it may not do itself.
      const more = child.tools.filter((tool) => !parent.tools.includes(tool));
      if (more.length > 0)
        throw refused(
          `the agent ${JSON.stringify(child.name)} may call ${more.join(', ')}, which ${parent.name} may not`,
        );
      const { plan = null } = args;
      if (plan === null && child.models.planner.length === 0)
        throw refused(`the agent ${JSON.stringify(child.name)} has no model that could make a plan`);
      const faults =
        plan === null
          ? []
          : checkPlan(plan, args.data, (tool, toolArgs) =>
              child.tools.includes(tool) ? tools.checkArgs(tool, toolArgs) : undefined,
            );
      if (faults.length > 0)
        throw refused(
          faults
            .slice(0, 20)
            .map(({ field, message }) => `${field} ${message}`)
            .join('; '),
        );
      const budget = args.budget ?? child.budget;
      const { goal, data, files } = args;
      return { goal, agent: child.name, plan, data, files, budget, approvals: child.approvals };
    },
  };
}

const refused = (why: string): PerdureError => new PerdureError('tool_invalid_args', why);
