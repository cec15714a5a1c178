/** Ends TLS before a server that speaks without it, as a managed service's entrance does. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import tls from 'node:tls';
import { makeCertificates } from '../../../src/adapters/redis/testing/certificates.js';

export interface TlsFront {
  readonly port: number;
  /** Of the authority that its certificate is from. */
  readonly caFile: string;
  close(): Promise<void>;
}

/** @param directory takes the certificates */
export async function startTlsFront(
  target: { host: string; port: number },
  directory: string,
): Promise<TlsFront> {
  const { caFile, certificateFile, keyFile } = await makeCertificates(directory);
  const sockets = new Set<net.Socket>();
  const server = tls.createServer(
    // gRPC asks for HTTP/2 by name.
    { cert: await readFile(certificateFile), key: await readFile(keyFile), ALPNProtocols: ['h2'] },
    (near) => {
      const far = net.connect(target);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
    },
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    caFile,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
