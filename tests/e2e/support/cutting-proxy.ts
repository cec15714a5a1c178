/** A TCP proxy that cuts each connection at a byte drawn from a seeded generator, so many times, and then no more. */
import { once } from 'node:events';
import net from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** How many connections were cut so far. */
  cuts(): number;
  close(): Promise<void>;
}

/** The same sequence of numbers from 0 up to 1 for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function startCuttingProxy(options: {
  target: number;
  random: () => number;
  cuts: number;
  /** Cut after fewer bytes of the answer than that. */
  maxBytes: number;
}): Promise<CuttingProxy> {
  const { target, random } = options;
  let cuts = 0;
  const open = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect({ host: '127.0.0.1', port: target });
    const destroy = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', destroy);
      socket.on('close', () => {
        open.delete(socket);
        destroy();
      });
    }
    // One in eight is cut while it asks.
    const inRequest = random() < 1 / 8;
    const pass = (from: net.Socket, to: net.Socket, limit: number): void => {
      let left = limit;
      from.on('data', (chunk) => {
        if (chunk.length < left || cuts >= options.cuts) {
          left -= chunk.length;
          to.write(chunk);
          return;
        }
        cuts += 1;
        from.pause();
        // What comes before the cut arrives; what comes after it does not.
        to.write(chunk.subarray(0, left), destroy);
      });
    };
    pass(near, far, inRequest ? Math.floor(random() * 250) : Infinity);
    pass(far, near, inRequest ? Infinity : Math.floor(random() * options.maxBytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    cuts: () => cuts,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
