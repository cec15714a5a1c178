/** A server that only tests need, started and waited for until it listens. */
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded, type GuardedChild, type GuardedOptions } from '../child-process.js';

const LISTENS_WITHIN_MS = 20_000;

/**
 * @param port of this machine, at which it will listen
 * @throws Error with what it has said, where it ends instead or takes too long; it is stopped then
 */
export async function spawnListening(options: GuardedOptions, port: number): Promise<GuardedChild> {
  const child = await spawnGuarded(options);
  const ended = child.exited.then(() => true);
  for (const deadline = Date.now() + LISTENS_WITHIN_MS; !(await accepts(port));) {
    if ((await Promise.race([ended, sleep(50, false)])) || Date.now() > deadline) {
      await child.stop();
      throw new Error(`${options.command} does not listen: ${await readFile(options.logFile, 'utf8')}`);
    }
  }
  return child;
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const answer = (did: boolean) => () => {
      socket.destroy();
      resolve(did);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
