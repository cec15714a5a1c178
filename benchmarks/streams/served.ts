/** A server under test, in a process of its own: says where its streams are, publishes, and tells its memory. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../contracts/events.js';

export interface Served {
  /** Addresses of that many streams: of one run, or each of a run of its own. */
  paths(count: number, apart: boolean): Promise<string[]>;
  publish(event: RunEvent): Promise<void>;
}

export type Order =
  | { do: 'paths'; count: number; apart: boolean }
  | { do: 'memory' }
  | { do: 'publish'; from: number; count: number; everyMs: number };

export interface Memory {
  /** Bytes of the heap and of buffers, after a collection. */
  heap: number;
  rss: number;
  cpuMs: number;
}

export function serve(server: Server, served: Served): void {
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  process.on('message', (order: Order) => {
    void obey(served, order).then((answer) => process.send?.(answer));
  });
  process.on('disconnect', () => process.exit(0));
}

async function obey(served: Served, order: Order): Promise<object> {
  if (order.do === 'paths') return { paths: await served.paths(order.count, order.apart) };
  if (order.do === 'memory') return memory();
  for (let i = 0; i < order.count; i += 1) {
    await served.publish(eventOf(order.from + i));
    if (order.everyMs > 0) await sleep(order.everyMs);
    else await turn();
  }
  return {};
}

/** Its reason is the moment of its birth, by the clock that all processes of a machine share. */
const eventOf = (seq: number): RunEvent => ({
  type: 'supervisor.decided',
  seq,
  runId: '00000000-0000-7000-8000-000000000000',
  at: new Date().toISOString(),
  decision: 'continue',
  reason: process.hrtime.bigint().toString().padStart(20, '0'),
});

async function memory(): Promise<Memory> {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc?.();
    await sleep(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { heap: heapUsed + external, rss, cpuMs: (user + system) / 1_000 };
}
