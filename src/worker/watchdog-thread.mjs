// Watches the event loop of the worker from a thread of its own: one that stands still sends no heartbeats, so that
// Temporal has given away by now what this process holds. It is ended before it does any of it a second time.
import { writeSync } from 'node:fs';
import { Session, url as inspectedAt } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';

const TICK_MS = 250;
/** Milliseconds that the question where it stands may take. */
const ASK_MS = 5_000;
const SHOWN = 5;
const { beats, limitMs, json } = workerData;
const count = new Int32Array(beats);
/** Words on each activity under way, the newest last. */
const underWay = new Map();

parentPort.on('message', ({ began, ended, words }) => {
  if (began !== undefined) underWay.set(began, words);
  else underWay.delete(ended);
});

let seen = Atomics.load(count, 0);
// Counted in ticks of our own, not by the clock: a process that was stopped as a whole has not stood still.
let ticks = 0;
setInterval(() => {
  const now = Atomics.load(count, 0);
  // Whoever debugs it may hold it for as long as he likes.
  ticks = now === seen && inspectedAt() === undefined ? ticks + 1 : 0;
  seen = now;
  if (ticks * TICK_MS === limitMs) whereItStands(end);
}, TICK_MS);

/** @param tell called once, with the place in the code where there is one */
function whereItStands(tell) {
  let isTold = false;
  const once = (place) => {
    if (!isTold) tell(place);
    isTold = true;
  };
  setTimeout(once, ASK_MS);
  try {
    const session = new Session();
    session.connectToMainThread();
    const urls = new Map();
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
    session.once('Debugger.paused', ({ params }) => {
      const [{ functionName, location }] = params.callFrames;
      const { scriptId, lineNumber } = location;
      once(`${functionName || 'a function'} (${urls.get(scriptId)}:${lineNumber + 1})`);
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
  } catch {
    once();
  }
}

function end(place) {
  const held = [...underWay.values()].reverse();
  const what = held.length === 0 ? 'no activity' : held.slice(0, SHOWN).join(', ');
  const more = held.length > SHOWN ? ` and ${held.length - SHOWN} more` : '';
  const where = place === undefined ? '' : ` in ${place}`;
  const msg =
    `the event loop of the worker has stood still for ${limitMs / 1_000} seconds${where}, with ${what}${more} ` +
    'under way; the process is ended, and what it held runs elsewhere';
  const line = json
    ? JSON.stringify({
        level: 'error',
        time: new Date().toISOString(),
        component: 'watchdog',
        place,
        held,
        msg,
      })
    : `perdure: ${msg}.`;
  try {
    writeSync(json ? 1 : 2, `${line}\n`);
  } finally {
    // Nothing else ends a process whose main thread does not come to an end.
    process.kill(process.pid, 'SIGKILL');
  }
}
