/** Tools that the workflow itself carries out, by activities of their own for each thing that they do. */

/** A model and tools by turns. */
export const AGENT_TOOL = 'agent';
