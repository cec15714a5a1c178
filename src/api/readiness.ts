/** Whether a run submitted now would move: each part is used once. */
import type { Readiness } from '../../contracts/api.js';
import { DeadlineError, withDeadline } from '../../contracts/deadline.js';
import { PerdureError } from '../../contracts/errors.js';
import type { ApiContext } from './context.js';
import type { WorkerWatch } from './worker-watch.js';

type Part = Readiness['parts'][number];

/** Never throws. */
export type ReadinessCheck = () => Promise<Readiness>;

/** Whoever asks while a check is under way waits for that one: a probe storm is one check. */
export function createReadinessCheck(context: ApiContext, workers: WorkerWatch): ReadinessCheck {
  let current: Promise<Readiness> | undefined;
  return () => (current ??= check(context, workers).finally(() => (current = undefined)));
}

async function check(context: ApiContext, workers: WorkerWatch): Promise<Readiness> {
  const { limits, logger, draining, meter } = context;
  const probe = async (name: string, act: () => Promise<void>): Promise<Part> => {
    try {
      await withDeadline(act(), limits.checkMs);
      return { name, ok: true, detail: 'answers' };
    } catch (error) {
      logger.warn({ err: error, part: name }, 'a part is not ready');
      // Other messages may hold addresses and names that are nobody's business.
      const told = error instanceof PerdureError || error instanceof DeadlineError;
      return { name, ok: false, detail: told ? error.message : 'failed; the log says why' };
    }
  };
  const [pollers, toolPollers, ...parts] = await Promise.all([
    workers.pollers(limits.checkMs),
    workers.toolPollers(limits.checkMs),
    probe('store', () => context.runs.check()),
    probe('engine', () => context.engine.check()),
    probe('workspace', () => context.workspace.check()),
  ]);
  const detail =
    pollers === null
      ? 'Temporal does not say'
      : pollers === 0
        ? 'no worker polls the task queue'
        : `${pollers} polling`;
  parts.push({ name: 'workers', ok: (pollers ?? 0) > 0, detail });
  // Runs are taken on and moved without them, up to a step that needs one.
  if (toolPollers !== null)
    parts.push({
      name: 'tool-workers',
      ok: true,
      degraded: toolPollers === 0,
      detail: toolPollers === 0 ? 'no worker polls the task queue of tools' : `${toolPollers} polling`,
    });
  // A bus that is away makes streams slower and stops nothing.
  const problem = context.bus.problem();
  parts.push({
    name: 'bus',
    ok: true,
    degraded: problem !== null,
    detail: problem === null ? 'carries messages' : `${problem}; streams poll the event log`,
  });
  for (const { name, ok, degraded } of parts) meter.checked(name, ok && degraded !== true);
  if (draining.aborted) parts.push({ name: 'server', ok: false, detail: 'shutting down' });
  return { ready: parts.every((part) => part.ok), parts, workers: { pollers } };
}
