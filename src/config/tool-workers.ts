/** Workers that make the calls of tools and nothing else: where they are, whether this is one, and what it must not hold. */
import { ConfigError } from './config-error.js';
import type { Environment } from './environment.js';

export interface ToolWorkersConfig {
  /** Their task queue; null where every worker makes calls itself. */
  readonly taskQueue: string | null;
  /** Whether a worker of this process is one. */
  readonly isOne: boolean;
}

/** What opens the records, speaks to models, or acts as somebody: not for the process in which tools run. */
const WITHHELD = [
  'DATABASE_URL',
  'SUPABASE_SERVICE_ROLE_KEY',
  'SUPABASE_JWT_SECRET',
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'PERDURE_TICKET_SECRET',
  'PERDURE_WEBHOOK_SECRET',
  'PERDURE_WEBHOOK_FORMER_SECRET',
  'PERDURE_CODEC_TOKEN',
  'PERDURE_TOKEN',
] as const satisfies readonly (keyof Environment)[];

/** @throws ConfigError for what cannot be together */
export function toolWorkersOf(e: Environment): ToolWorkersConfig {
  const taskQueue = e.PERDURE_TOOL_TASK_QUEUE ?? null;
  const isOne = e.PERDURE_WORKER_ROLE === 'tools';
  if (taskQueue === e.PERDURE_TASK_QUEUE)
    throw new ConfigError(
      `PERDURE_TASK_QUEUE and PERDURE_TOOL_TASK_QUEUE are both ${JSON.stringify(taskQueue)}, and must differ`,
    );
  if (taskQueue !== null && e.PERDURE_TENANT_KEYS === 'true')
    throw new ConfigError(
      'PERDURE_TENANT_KEYS cannot be true with PERDURE_TOOL_TASK_QUEUE: the keys of tenants are in the records, which workers of tools do not reach',
    );
  if (!isOne) return Object.freeze({ taskQueue, isOne });
  if (taskQueue === null)
    throw new ConfigError('PERDURE_TOOL_TASK_QUEUE must be set where PERDURE_WORKER_ROLE is tools');
  const held = WITHHELD.filter((name) => e[name] !== undefined);
  if (held.length > 0)
    throw new ConfigError(
      `a worker whose PERDURE_WORKER_ROLE is tools must not be given ${held.join(', ')}: tools run in it`,
    );
  return Object.freeze({ taskQueue, isOne });
}

/** What all processes are told and a worker of tools has no use for, without what would belong to it. */
export const asOfTools = (e: Environment): Environment => ({
  ...e,
  SUPABASE_URL: undefined,
  PERDURE_MODEL: undefined,
  PERDURE_PLANNER_MODEL: undefined,
  PERDURE_SUPERVISOR_MODEL: undefined,
});
