/**
 * How many threads and processes of tools there is room for. Not by processors alone: in a container the node's are seen, and
 * where all of them together outgrow its memory, the system ends the whole container and not the one that grew.
 */
import os from 'node:os';

const MB = 1_000_000;
/** Of the worker itself, with its runs and files under way. */
const OWN = 512 * MB;
/** What each of them is ended at; see sql-worker.mjs, template.ts and javascript.ts. */
const PROCESS = 1_000 * MB;
const THREAD = 250 * MB;

export interface Room {
  processes: number;
  threads: number;
}

/** One process and two threads are there whatever the memory, so that no tool waits for ever. */
export function roomIn(memory: number, processors: number): Room {
  const free = memory - OWN;
  const processes = between(1, Math.floor((free * 2) / 3 / PROCESS), Math.max(2, processors));
  const left = free - processes * PROCESS;
  return { processes, threads: between(2, Math.floor(left / THREAD), Math.max(4, 2 * processors)) };
}

const between = (least: number, wanted: number, most: number): number =>
  Math.min(Math.max(least, wanted), most);

/** Of the container where that is limited: what is told without a limit is 0, or more than there is. */
const limit = process.constrainedMemory();
export const room = roomIn(
  limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem(),
  os.availableParallelism(),
);
