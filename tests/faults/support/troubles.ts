/** What befalls a cluster and passes: lines to back ends, processes, clocks. */
import type { Cluster } from './cluster.js';
import type { KeptProcess } from './kept-process.js';
import { between, oneOf, type Random } from './random.js';

export interface Trouble {
  readonly name: string;
  begin(): unknown;
  end(): unknown;
}

/** Less than after which S3 takes no request any more, and more than any time-out. */
const API_CLOCK_SECONDS = 600;
/** A worker signs nothing that ages, so that its clock may be anything. */
const WORKER_CLOCK_SECONDS = 7_200;
const SLOW_MS = 600;

/** Each once, in the seed's order. */
export function troublesOf(cluster: Cluster, random: Random): Trouble[] {
  const { api, workers, lines, ownLines, clocks } = cluster;
  const anyWorker = (): KeptProcess => oneOf(random, workers);
  const all: Trouble[] = [
    ...Object.entries(lines).flatMap(([name, line]) => [
      { name: `${name} is slow`, begin: () => line.slow(SLOW_MS), end: () => line.mend() },
      { name: `${name} is cut off`, begin: () => line.cut(), end: () => line.mend() },
      { name: `${name} is silent`, begin: () => line.pause(), end: () => line.mend() },
    ]),
    ...ownLines.map((line, i) => ({
      name: `worker ${i + 1} works on, cut off from Temporal`,
      begin: () => line.cut(),
      end: () => line.mend(),
    })),
    killed('a worker is killed', anyWorker()),
    stopped('a worker is stopped', anyWorker()),
    killed('the API is killed', api),
    stopped('the API is stopped', api),
    ...clocks.map((clock, i) => ({
      name: `the clock of ${i === 0 ? 'the API' : `worker ${i}`} is moved`,
      begin: () => clock.move((i === 0 ? API_CLOCK_SECONDS : WORKER_CLOCK_SECONDS) * oneOf(random, [-1, 1])),
      end: () => clock.move(0),
    })),
  ];
  return shuffled(random, all);
}

const killed = (name: string, process: KeptProcess): Trouble => ({
  name,
  begin: () => process.child.kill('SIGKILL'),
  // It is started again by whoever keeps it.
  end: () => undefined,
});

function stopped(name: string, process: KeptProcess): Trouble {
  let child = process.child;
  return {
    name,
    begin() {
      ({ child } = process);
      child.kill('SIGSTOP');
    },
    end: () => child.kill('SIGCONT'),
  };
}

/** By Fisher and Yates. */
function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(between(random, 0, left.length - 1), 1));
}
