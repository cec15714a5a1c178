/** The agents that runs can name. */
import type { RequestHandler } from 'express';
import type { AgentList } from '../../../contracts/api.js';
import type { ApiContext } from '../context.js';
import { sendTagged } from '../entity-tag.js';

export function createListAgentsRoute({ agents }: ApiContext): RequestHandler {
  return (req, res) => {
    // Their instructions are for their models.
    const list: AgentList = { agents: agents.list().map(({ instructions: _, ...agent }) => agent) };
    sendTagged(req, res, list);
  };
}
