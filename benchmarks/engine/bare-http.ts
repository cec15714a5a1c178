/** What the bare servers have in common: a database, and a port on which bodies come. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

export function openPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString });
  // Its database may end before it.
  pool.on('connect', (session) => session.on('error', () => undefined));
  pool.on('error', () => undefined);
  return pool;
}

/** Tells the process that started this one where it listens. */
export function serveBodies(
  take: (body: string, req: http.IncomingMessage, res: http.ServerResponse) => Promise<void>,
): void {
  const server = http.createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => void take(Buffer.concat(chunks).toString(), req, res));
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}
