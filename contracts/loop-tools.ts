/** Tools that the workflow itself carries out, by activities and workflows of their own. */

/** A model and tools by turns. */
export const AGENT_TOOL = 'agent';
/** A run of its own. */
export const DELEGATE_TOOL = 'delegate';
