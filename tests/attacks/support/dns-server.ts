/** A DNS server on loopback (RFC 1035), for names that are asked for on purpose: it can answer otherwise each time. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import type { Resolve } from '../../../src/tools/address-guard.js';

export interface DnsServer {
  /** Looks names up here, A and AAAA, as a system's resolver does. */
  resolve: Resolve;
  /** Questions for a name's A records. */
  asked(name: string): number;
  close(): Promise<void>;
}

/** @param answer of a name and of how often it was asked for: IPv4 and IPv6 addresses */
export async function startDnsServer(answer: (name: string, before: number) => string[]): Promise<DnsServer> {
  const asked = new Map<string, number>();
  const given = new Map<string, string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join('.').toLowerCase();
    const type = question.readUInt16BE(at + 1);
    if (type === 1) {
      const before = asked.get(name) ?? 0;
      asked.set(name, before + 1);
      given.set(name, answer(name, before));
    }
    const addresses = (given.get(name) ?? answer(name, 0)).filter(
      (address) => address.includes(':') === (type === 28),
    );
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8);
    const records = addresses.map((address) => {
      const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : ipv6(address);
      const record = Buffer.alloc(12);
      // A pointer to the question's name, its type and class, no time to live.
      record.writeUInt16BE(0xc00c, 0);
      record.writeUInt16BE(type, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([head, question.subarray(12, at + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((ready) => {
    socket.bind(0, '127.0.0.1', ready);
  });
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    asked: (name) => asked.get(name) ?? 0,
    async resolve(name) {
      const four = await resolver.resolve4(name).catch(() => []);
      const six = await resolver.resolve6(name).catch(() => []);
      return [
        ...four.map((address) => ({ address, family: 4 })),
        ...six.map((address) => ({ address, family: 6 })),
      ];
    },
    close: () =>
      new Promise((done) => {
        socket.close(done);
      }),
  };
}

function ipv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const words = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail)];
  const all =
    tail === undefined
      ? before
      : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  const bytes = Buffer.alloc(16);
  all.forEach((word, i) => bytes.writeUInt16BE(word, i * 2));
  return bytes;
}
