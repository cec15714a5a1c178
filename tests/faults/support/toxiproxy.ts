/** Lines to servers that can be slowed, cut and paused: toxiproxy of Shopify, built once by Go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnGuarded } from '../../../src/adapters/embedded/child-process.js';
import { claimPort } from '../../../src/adapters/embedded/free-port.js';
import { testDirectory } from '../../../src/adapters/embedded/testing/backends.js';
import { goProgram } from '../../../src/adapters/embedded/testing/go-program.js';

export interface Line {
  /** Where it is to be reached: host:port. */
  readonly address: string;
  /** Every piece that comes back is so much later, give or take a half. */
  slow(ms: number): Promise<void>;
  /** Connections break, and new ones are refused. */
  cut(): Promise<void>;
  /** Connections stay, and nothing comes through. What was sent meanwhile is lost: mended, they break. */
  pause(): Promise<void>;
  mend(): Promise<void>;
}

export interface Toxiproxy {
  /** @param upstream host:port */
  line(name: string, upstream: string): Promise<Line>;
  release(): Promise<void>;
}

const program = () =>
  goProgram({ package: 'github.com/Shopify/toxiproxy/v2/cmd/server', version: '2.12.0', name: 'toxiproxy' });

/** @returns why there is none: no Go, or no way to the module proxy; null when there is one */
export async function missingToxiproxy(): Promise<string | null> {
  const found = await program();
  return 'problem' in found ? `toxiproxy could not be had: ${found.problem}` : null;
}

export async function startToxiproxy(): Promise<Toxiproxy> {
  const found = await program();
  if ('problem' in found) throw new Error(found.problem);
  const place = await testDirectory();
  const port = await claimPort('127.0.0.1', 0, 'port', 'none');
  const child = await spawnGuarded({
    command: found.file,
    args: ['-host', '127.0.0.1', '-port', String(port)],
    env: {},
    logFile: `${place.directory}/toxiproxy.log`,
    graceSeconds: 1,
  });
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${path}: ${response.status} ${text}`);
  };
  for (const deadline = Date.now() + 20_000; ;)
    try {
      await call('GET', '/version');
      break;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  return {
    async line(name, upstream) {
      const address = `127.0.0.1:${await claimPort('127.0.0.1', 0, 'port', 'none')}`;
      const own = `/proxies/${name}`;
      await call('POST', '/proxies', { name, listen: address, upstream, enabled: true });
      const toxics = new Set<string>();
      const poison = async (type: string, attributes: object): Promise<void> => {
        toxics.add(type);
        await call('POST', `${own}/toxics`, { name: type, type, stream: 'downstream', attributes });
      };
      return {
        address,
        slow: (ms) => poison('latency', { latency: ms, jitter: Math.round(ms / 2) }),
        cut: () => call('POST', own, { enabled: false }),
        pause: () => poison('timeout', { timeout: 0 }),
        async mend() {
          for (const toxic of toxics) await call('DELETE', `${own}/toxics/${toxic}`);
          toxics.clear();
          await call('POST', own, { enabled: true });
        },
      };
    },
    async release() {
      await child.stop();
      await place.remove();
    },
  };
}
