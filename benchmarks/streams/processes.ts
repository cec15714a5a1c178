/** Starts servers and readers, each built and in a process of its own, and talks with them. */
import type { ChildProcess } from 'node:child_process';
import { answerOf, startChild } from '../support/child.js';
import type { Memory, Order } from './served.js';
import type { Arrived, ReaderOrder } from './readers.js';

export interface StreamServer {
  port: number;
  paths(count: number, apart: boolean): Promise<string[]>;
  memory(): Promise<Memory>;
  publish(from: number, count: number, everyMs?: number): Promise<void>;
  close(): void;
}

export interface Readers {
  open(port: number, paths: string[]): Promise<void>;
  /** Resolves when that many events have arrived in all since the last call. */
  arrived(events: number): Promise<Arrived>;
  close(): void;
}

export async function startServer(name: 'bare' | 'perdure', args: string[] = []): Promise<StreamServer> {
  const child = await start(`${name}-server`, args);
  const { port } = await answerOf<{ port: number }>(child);
  const ask = <Answer>(order: Order): Promise<Answer> => asking(child, order);
  return {
    port,
    paths: async (count, apart) => (await ask<{ paths: string[] }>({ do: 'paths', count, apart })).paths,
    memory: () => ask({ do: 'memory' }),
    publish: (from, count, everyMs = 0) => ask({ do: 'publish', from, count, everyMs }),
    close: () => {
      child.disconnect();
    },
  };
}

export async function startReaders(): Promise<Readers> {
  const child = await start('readers', []);
  const ask = <Answer>(order: ReaderOrder): Promise<Answer> => asking(child, order);
  return {
    open: (port, paths) => ask({ do: 'open', port, paths }),
    arrived: (events) => ask({ do: 'await', events }),
    close: () => {
      child.disconnect();
    },
  };
}

const start = (name: string, args: string[]): Promise<ChildProcess> =>
  startChild(`streams/${name}`, args, ['--expose-gc']);

function asking<Answer>(child: ChildProcess, order: Order | ReaderOrder): Promise<Answer> {
  child.send(order);
  return answerOf(child);
}
