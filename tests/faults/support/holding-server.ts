/** A web server that keeps whoever asks waiting, until it is told to answer: steps that are held. */
import { EventEmitter, once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';

export interface HoldingServer {
  /** `host:port`, for PERDURE_HTTP_ALLOW. */
  readonly host: string;
  url(path: string): string;
  /** When that path was asked for, in milliseconds since 1970. */
  asked(path: string): readonly number[];
  /** Resolves with the moment of the n-th request for the path, 1 for the first. */
  nthRequest(path: string, n: number): Promise<number>;
  /** Answers what waits for the path, and from now on at once. */
  letGo(path: string): void;
  close(): Promise<void>;
}

export async function startHoldingServer(): Promise<HoldingServer> {
  const times = new Map<string, number[]>();
  const free = new Set<string>();
  const told = new EventEmitter().setMaxListeners(0);
  const server = http.createServer((req, res) => {
    const path = req.url ?? '';
    times.set(path, [...(times.get(path) ?? []), Date.now()]);
    told.emit('asked');
    const answer = (): void => void res.setHeader('content-type', 'application/json').end('{"ok":true}');
    if (free.has(path)) answer();
    else told.once(`free ${path}`, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return {
    host,
    url: (path) => `http://${host}${path}`,
    asked: (path) => times.get(path) ?? [],
    async nthRequest(path, n) {
      for (;;) {
        const at = times.get(path)?.[n - 1];
        if (at !== undefined) return at;
        await once(told, 'asked');
      }
    },
    letGo(path) {
      free.add(path);
      told.emit(`free ${path}`);
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
