/** The one entry of the workflow bundle. */
export { agentRun } from './agent-run.js';
export { reconcile } from './reconcile.js';
export { retention } from './retention.js';
