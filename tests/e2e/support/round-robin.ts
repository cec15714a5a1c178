/** A balancer before several servers: each connection goes to the next one that takes it. */
import { once } from 'node:events';
import net from 'node:net';

export interface RoundRobin {
  readonly url: string;
  close(): Promise<void>;
}

/** @param ports of servers on loopback, asked for anew with each connection */
export async function startRoundRobin(ports: () => readonly number[]): Promise<RoundRobin> {
  const sockets = new Set<net.Socket>();
  let turn = 0;
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = net.createServer((near) => {
    keep(near);
    const now = ports();
    turn += 1;
    connectFirst(now.map((_, i) => now[(turn + i) % now.length] ?? 0))
      .then((far) => {
        keep(far);
        near.pipe(far).pipe(near);
        near.on('close', () => far.destroy());
        far.on('close', () => near.destroy());
      })
      .catch(() => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

async function connectFirst([port, ...others]: readonly number[]): Promise<net.Socket> {
  if (port === undefined) throw new Error('no server takes the connection');
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return connectFirst(others);
  }
}
