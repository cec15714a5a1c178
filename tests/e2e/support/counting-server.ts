/** A web server that counts how often each of its addresses was asked for: side effects that a tool leaves. */
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';

export interface CountingServer {
  /** `host:port`, for PERDURE_HTTP_ALLOW. */
  readonly host: string;
  /** By path, each as often as it was asked for. */
  readonly counts: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startCountingServer(): Promise<CountingServer> {
  const counts = new Map<string, number>();
  const server = http.createServer((req, res) => {
    const path = req.url ?? '';
    counts.set(path, (counts.get(path) ?? 0) + 1);
    res.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    counts,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
