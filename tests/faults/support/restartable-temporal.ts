/** Temporal on a port and over a file that outlive it: killed, and started again where it was. */
import { testDirectory, testTemporalBinary } from '../../../src/adapters/embedded/testing/backends.js';
import { startTemporal, type TemporalServer } from '../../../src/adapters/embedded/temporal-server.js';

export interface RestartableTemporal extends TemporalServer {
  /** As `kill -9` does. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startRestartableTemporal(): Promise<RestartableTemporal> {
  const [place, binary] = [await testDirectory(), await testTemporalBinary()];
  const portOf = (url: string): number => Number(/\d+$/.exec(url)?.[0]);
  const start = (port: number, uiPort: number): Promise<TemporalServer> =>
    startTemporal({
      binary,
      dataDir: place.directory,
      port,
      uiPort,
      namespace: 'default',
      searchAttributes: { TenantId: 'Keyword', AgentName: 'Keyword', RunStatus: 'Keyword' },
    });
  let current = await start(0, 0);
  return {
    ...current,
    async stop() {
      process.kill(current.pid, 'SIGKILL');
      await current.exited;
    },
    async start() {
      current = await start(portOf(current.address), portOf(current.uiUrl));
    },
    async release() {
      await current.release();
      await place.remove();
    },
  };
}
