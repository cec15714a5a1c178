/** Starts workflows, over the connection of this process's own worker where there is one. */
import {
  Client,
  type ClientOptions,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { serviceErrorOf } from './grpc-status.js';
import type { Payloads } from './payloads.js';

/** The worker of this process, while it polls. */
export interface OwnWorker {
  connection: NativeConnection | null;
}

export interface StarterOptions {
  /** For when there is no worker here. */
  client: Client;
  namespace: string;
  payloads: Payloads;
  interceptors: NonNullable<ClientOptions['interceptors']>;
  ownWorker: OwnWorker;
  /** Milliseconds that a start may take. */
  deadlineMs: number;
}

export type StartWorkflow = (type: string, options: WorkflowStartOptions) => Promise<void>;

/**
 * A start over the worker's own connection brings the first workflow task back with its answer (Temporal's eager
 * start): the task waits for no poll, and the server needs not hand it out.
 */
export function createWorkflowStarter(options: StarterOptions): StartWorkflow {
  const { client, namespace, payloads, interceptors, ownWorker, deadlineMs } = options;
  let eager: { connection: NativeConnection; client: Client } | undefined;

  return async (type, start) => {
    const { connection } = ownWorker;
    if (connection !== null) {
      if (eager?.connection !== connection)
        eager = {
          connection,
          client: new Client({ connection, namespace, dataConverter: payloads.converter, interceptors }),
        };
      const { workflow } = eager.client;
      try {
        await connection.withDeadline(Date.now() + deadlineMs, () =>
          workflow.start(type, { ...start, requestEagerStart: true }),
        );
        return;
      } catch (error) {
        // A connection that was closed together with its worker has said nothing about Temporal.
        if (isTemporals(error)) throw error;
      }
    }
    await client.workflow.start(type, start);
  };
}

const isTemporals = (error: unknown): boolean =>
  error instanceof WorkflowExecutionAlreadyStartedError || serviceErrorOf(error) !== undefined;
