/** What files of agents import as `perdure/agents`. */
import type { AgentFile } from '../../../contracts/agents.js';

/** Tells an editor what the fields are; they are checked when a process starts. */
export const defineAgent = (agent: AgentFile): AgentFile => agent;
