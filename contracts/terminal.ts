/** Which statuses and events end a run; apart from the schemas, so that browsers need no zod for it. */
import type { RunStatus } from './runs.js';

export const terminalEventTypes = ['run.completed', 'run.failed', 'run.cancelled'] as const;
export const isTerminalEvent = (type: string): boolean =>
  (terminalEventTypes as readonly string[]).includes(type);

export const isTerminal = (status: RunStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
