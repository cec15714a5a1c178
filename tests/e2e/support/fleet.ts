/** API and worker processes apart, two of each, behind a balancer. */
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkedFetch } from '../../../src/api/testing/checked-fetch.js';
import { createClient, type Client } from '../../../src/client/client.js';
import { launch, type PerdureSystem } from './perdure-process.js';
import { startRoundRobin, type RoundRobin } from './round-robin.js';

const START_MS = 120_000;

export interface FleetProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Of the API, or of the worker's probes. */
  readonly port: number;
}

/** @param ready what its log says when it has started */
export async function startProcess(
  command: string,
  env: Record<string, string>,
  ready: string,
  script?: string,
): Promise<FleetProcess> {
  const { child, output } = launch(command, env, script);
  for (const deadline = Date.now() + START_MS; ;) {
    const port = /(?:listens at|probes at) http:\/\/[^:"]+:(\d+)/.exec(output())?.[1];
    if (port !== undefined && output().includes(ready)) return { child, output, port: Number(port) };
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not start: ${output()}`);
    }
    await sleep(50);
  }
}

export const startApiProcess = (env: Record<string, string>): Promise<FleetProcess> =>
  startProcess('perdure api', env, '"the API is ready"');
export const startWorkerProcess = (env: Record<string, string>): Promise<FleetProcess> =>
  startProcess('perdure worker', { ...env, PERDURE_WORKER_PORT: '0' }, '"the worker has started"');

const READY = { api: '"the API is ready"', worker: '"the worker has started"' };
/** As an image starts it. */
export const startBuilt = (kind: 'api' | 'worker', env: Record<string, string>): Promise<FleetProcess> =>
  startProcess(kind, { NODE_ENV: 'production', ...env }, READY[kind], 'scripts/built.mjs');

export async function endProcess({ child }: FleetProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

export class Fleet implements PerdureSystem {
  private constructor(
    readonly apis: FleetProcess[],
    readonly workers: FleetProcess[],
    private readonly balancer: RoundRobin,
    readonly client: Client,
    readonly headers: Record<string, string>,
  ) {}

  /** @param token with which clients sign in */
  static async start(
    env: { api: Record<string, string>; worker: Record<string, string> },
    token: string,
  ): Promise<Fleet> {
    const [first, second, ...workers] = await Promise.all([
      startApiProcess(env.api),
      startApiProcess(env.api),
      startWorkerProcess(env.worker),
      startWorkerProcess(env.worker),
    ]);
    const apis = [first, second];
    const balancer = await startRoundRobin(() => apis.map(({ port }) => port));
    const client = createClient({ baseUrl: balancer.url, token, fetch: checkedFetch });
    return new Fleet(apis, workers, balancer, client, { authorization: `Bearer ${token}` });
  }

  get url(): string {
    return this.balancer.url;
  }

  /** @returns the exit codes, which are 0 where all have drained */
  async stop(): Promise<(number | null)[]> {
    const codes = await Promise.all(
      [...this.apis, ...this.workers].map((process) => endProcess(process, 'SIGTERM')),
    );
    await this.balancer.close();
    return codes;
  }
}
