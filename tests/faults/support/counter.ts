/** A web server that counts the acts that it is told of, by run and step: what has happened outside. */
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';

export interface Counter {
  /** For the variable COUNTER of a fault process. */
  url: string;
  /** By step, how often it acted. */
  of(run: string): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startCounter(): Promise<Counter> {
  const counts = new Map<string, Map<string, number>>();
  const server = http.createServer((req, res) => {
    const [, run = '', step = ''] = (req.url ?? '').split('/');
    const ofRun = counts.get(run) ?? new Map<string, number>();
    counts.set(run, ofRun.set(step, (ofRun.get(step) ?? 0) + 1));
    res.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    of: (run) => counts.get(run) ?? new Map<string, number>(),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
