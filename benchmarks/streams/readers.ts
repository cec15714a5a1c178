/** Thousands of readers of streams in a process of their own, as cheap as can be: they count events and note delays. */
import { once } from 'node:events';
import net from 'node:net';

export type ReaderOrder =
  | { do: 'open'; port: number; paths: string[] }
  /** Answers when that many more events have arrived in all. */
  | { do: 'await'; events: number };

export interface Arrived {
  /** By the clock that all processes of a machine share. */
  atNs: string;
  /** Milliseconds from an event's birth to its arrival. */
  delays: number[];
}

const MARK = Buffer.from('"reason":"');
let arrived = 0;
let delays: number[] = [];
let wanted = Infinity;

process.on('message', (order: ReaderOrder) => {
  if (order.do === 'open') void open(order.port, order.paths).then(() => process.send?.({}));
  else {
    wanted = order.events;
    tellWhenDone();
  }
});
process.on('disconnect', () => process.exit(0));

function tellWhenDone(): void {
  if (arrived < wanted) return;
  wanted = Infinity;
  const answer: Arrived = { atNs: process.hrtime.bigint().toString(), delays };
  arrived = 0;
  delays = [];
  process.send?.(answer);
}

async function open(port: number, paths: readonly string[]): Promise<void> {
  for (let i = 0; i < paths.length; i += 100) await Promise.all(paths.slice(i, i + 100).map(one));

  async function one(path: string): Promise<void> {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n\r\n`);
    await once(socket, 'data');
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (;;) {
        const at = text.indexOf(MARK, from);
        if (at === -1 || at + MARK.length + 20 > text.length) {
          // The mark may be cut in two.
          rest = text.subarray(at === -1 ? Math.max(from, text.length - MARK.length) : at);
          break;
        }
        from = at + MARK.length + 20;
        arrived += 1;
        // One in sixteen is enough to know the rest.
        if (arrived % 16 === 0 || wanted < 20_000) {
          const born = Number(text.toString('latin1', at + MARK.length, from));
          delays.push((Number(process.hrtime.bigint()) - born) / 1e6);
        }
      }
      tellWhenDone();
    });
  }
}
