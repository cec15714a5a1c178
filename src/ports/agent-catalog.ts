/** The agents that runs can name. */
import type { Agent } from '../../contracts/agents.js';

export interface AgentCatalog {
  /** Sorted by name; the default one is always there. */
  list(): readonly Agent[];
  find(name: string): Agent | undefined;
}
