/** Tells a run's webhook how it ended: one attempt an activity's try, each noted in the run's record. */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { addressOf } from '../contracts/api.js';
import { PerdureError } from '../contracts/errors.js';
import type { RunHead } from '../contracts/runs.js';
import { isTerminal } from '../contracts/terminal.js';
import type { WebhookActivities, WebhookInput, WebhookNote } from '../contracts/webhook-delivery.js';
import type { WebhookMessage } from '../contracts/webhooks.js';
import type { Logger } from '../src/ports/logger.js';
import type { RunStore } from '../src/ports/run-store.js';
import type { WebhookSender } from '../src/ports/webhooks.js';
import { now } from './journal.js';
import { isOutage, toFailure } from './to-failure.js';

export interface WebhookDependencies {
  store: Pick<RunStore, 'findRun' | 'noteWebhook'>;
  /** Null where this worker has no secret to sign with. */
  sender: WebhookSender | null;
  logger: Logger;
}

export function createWebhookActivities(deps: WebhookDependencies): WebhookActivities {
  return {
    async sendWebhook(input) {
      const { attempt } = activityInfo();
      try {
        return await send(deps, input, attempt);
      } catch (error) {
        if (!isOutage(error)) await noteFailure(deps, input, attempt, error);
        throw toFailure(error);
      }
    },

    async noteWebhook({ note, ...input }) {
      try {
        const { runId, tenantId } = input;
        await deps.store.noteWebhook(
          tenantId,
          runId,
          'error' in note ? { state: 'undelivered', lastError: note.error.message } : note,
        );
      } catch (error) {
        // Retention may have been quicker.
        if (error instanceof PerdureError && error.code === 'run_not_found') return;
        throw toFailure(error);
      }
    },
  };
}

async function send(
  { store, sender }: WebhookDependencies,
  { runId, tenantId, url }: WebhookInput,
  attempt: number,
): Promise<WebhookNote> {
  if (sender === null)
    throw new PerdureError('webhook_not_delivered', 'this worker has no PERDURE_WEBHOOK_SECRET to sign with');
  const run = await store.findRun(tenantId, runId);
  if (run === null) throw new PerdureError('run_not_found', 'the run is no longer kept');
  const lastAttemptAt = now();
  // The id is that of the run: it ends once, and a receiver that meets it again has met it before.
  await sender.send(
    { id: `msg_${runId}`, tenantId, url, body: JSON.stringify(messageOf(run)) },
    cancellationSignal(),
  );
  return { state: 'delivered', attempts: attempt, lastAttemptAt, lastError: null };
}

function messageOf(run: RunHead): WebhookMessage {
  const { id, status, finishedAt } = run;
  if (!isTerminal(status) || finishedAt === null)
    throw new PerdureError('webhook_not_delivered', `the run is ${status}, and its end is not recorded yet`);
  const { goal, agent, result, error, usage, metadata, createdAt, startedAt, lastSeq } = run;
  return {
    type: `run.${status}` as WebhookMessage['type'],
    timestamp: finishedAt,
    data: {
      ...{
        id,
        status,
        goal,
        agent,
        result,
        error,
        usage,
        metadata,
        createdAt,
        startedAt,
        finishedAt,
        lastSeq,
      },
      links: {
        self: addressOf('getRun', { id }),
        events: addressOf('streamEvents', { id }),
        files: addressOf('listFiles', { id }),
      },
    },
  };
}

/** Worth a try only: the next attempt notes itself. */
async function noteFailure(
  { store, logger }: WebhookDependencies,
  { runId, tenantId }: WebhookInput,
  attempts: number,
  error: unknown,
): Promise<void> {
  const lastError = error instanceof Error ? error.message : String(error);
  logger.warn({ runId, tenantId, attempt: attempts, why: lastError }, 'a webhook was not delivered');
  const note: WebhookNote = { state: 'delivering', attempts, lastAttemptAt: now(), lastError };
  await store.noteWebhook(tenantId, runId, note).catch((cause: unknown) => {
    logger.debug({ err: cause, runId }, 'that a webhook was not delivered is not noted');
  });
}
