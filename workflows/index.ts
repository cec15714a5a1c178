/** The one entry of the workflow bundle. */
import './stack-traces.js';
export { agentRun } from './agent-run.js';
export { deliverWebhook } from './deliver-webhook.js';
export { reconcile } from './reconcile.js';
export { scheduledRun } from './scheduled-run.js';
export { retention } from './retention.js';
