/** A TCP proxy that a test can cut or stall, as a network or a server that goes away would be. */
import { once } from 'node:events';
import net from 'node:net';

export interface CuttableProxy {
  port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection and lets nothing through. */
  stall(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startProxy(target: { host: string; port: number }): Promise<CuttableProxy> {
  const sockets = new Map<net.Socket, net.Socket>();
  let state: 'whole' | 'cut' | 'stalled' = 'whole';
  const server = net.createServer((near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = net.connect(target);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.set(socket, other);
      if (state === 'whole') socket.pipe(other);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    cut() {
      state = 'cut';
      for (const socket of sockets.keys()) socket.destroy();
    },
    stall() {
      state = 'stalled';
      for (const socket of sockets.keys()) socket.unpipe().pause();
    },
    mend() {
      if (state === 'stalled') for (const [socket, other] of sockets) socket.pipe(other);
      state = 'whole';
    },
    async close() {
      server.close();
      for (const socket of sockets.keys()) socket.destroy();
      await once(server, 'close');
    },
  };
}
