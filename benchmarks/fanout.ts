/** What does a stream cost when idle, and how many events a second reach all the streams of one process? */
import { startReaders, startServer } from './streams/processes.js';

export interface FanoutOptions {
  /** Idle streams, and streams that all follow one busy run. */
  idle?: number;
  busy?: number;
  events?: number;
  rounds?: number;
}

interface Row {
  server: string;
  idleStreams: number;
  heapBytesPerStream: number;
  rssBytesPerStream: number;
  /** Null where another row has it. */
  busyStreams: number | null;
  eventsPerSecond: number | null;
  cpuMicrosPerEvent: number | null;
}

/** Servers take turns, so that a busy machine is as busy for one as for the other; the median of the rounds counts. */
export async function run({
  idle = 5_000,
  busy = 1_000,
  events = 300,
  rounds = 3,
}: FanoutOptions = {}): Promise<{
  rows: Row[];
  ratios: Record<string, number>;
}> {
  const measured: Record<string, Row[]> = { 'bare Node': [], 'a run each': [], 'one run': [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, rows] of Object.entries(measured)) {
      const kind = name === 'bare Node' ? 'bare' : 'perdure';
      const isApart = name === 'a run each';
      const busyOnes = isApart ? notBusy : await measureBusy(kind, busy, events);
      rows.push({ server: name, ...(await measureIdle(kind, idle, isApart)), ...busyOnes });
    }
  }
  const rows = Object.values(measured).map(medianRow);
  const [bare, apart, together] = rows;
  if (bare === undefined || apart === undefined || together === undefined)
    throw new Error('nothing measured');
  return {
    rows,
    ratios: {
      idle_stream_memory: together.heapBytesPerStream / bare.heapBytesPerStream,
      idle_stream_memory_run_each: apart.heapBytesPerStream / bare.heapBytesPerStream,
      idle_stream_rss: together.rssBytesPerStream / bare.rssBytesPerStream,
      fanout_events: (together.eventsPerSecond ?? NaN) / (bare.eventsPerSecond ?? NaN),
    },
  };
}

const notBusy = { busyStreams: null, eventsPerSecond: null, cpuMicrosPerEvent: null };

async function measureIdle(kind: 'bare' | 'perdure', count: number, apart: boolean) {
  const [server, readers] = [await startServer(kind), await startReaders()];
  try {
    // The first streams pay for code that all share.
    await readers.open(server.port, await server.paths(200, apart));
    const before = await server.memory();
    await readers.open(server.port, await server.paths(count, apart));
    const after = await server.memory();
    return {
      idleStreams: count,
      heapBytesPerStream: Math.round((after.heap - before.heap) / count),
      rssBytesPerStream: Math.round((after.rss - before.rss) / count),
    };
  } finally {
    server.close();
    readers.close();
  }
}

async function measureBusy(kind: 'bare' | 'perdure', count: number, events: number) {
  const [server, readers] = [await startServer(kind), await startReaders()];
  try {
    await readers.open(server.port, await server.paths(count, false));
    const warmUp = 50;
    const warm = readers.arrived(count * warmUp);
    await server.publish(2, warmUp);
    await warm;
    const cpu = (await server.memory()).cpuMs;
    const started = process.hrtime.bigint();
    const arrival = readers.arrived(count * events);
    await server.publish(2 + warmUp, events);
    const { atNs } = await arrival;
    const seconds = Number(BigInt(atNs) - started) / 1e9;
    const spent = (await server.memory()).cpuMs - cpu;
    return {
      busyStreams: count,
      eventsPerSecond: Math.round((count * events) / seconds),
      cpuMicrosPerEvent: Number(((spent * 1_000) / (count * events)).toFixed(2)),
    };
  } finally {
    server.close();
    readers.close();
  }
}

function medianRow(rows: readonly Row[]): Row {
  const [first] = rows;
  if (first === undefined) throw new Error('no rounds');
  const numbers = Object.entries(first).filter(([, value]) => typeof value === 'number');
  return {
    ...first,
    ...Object.fromEntries(
      numbers.map(([name]) => {
        const values = rows.map((row) => row[name as keyof Row] as number).sort((a, b) => a - b);
        return [name, values[Math.floor(values.length / 2)]];
      }),
    ),
  };
}
