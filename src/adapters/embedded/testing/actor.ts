/** The program of the second process: takes a role, says one line of JSON, and stays until it is killed. */
import { spawnGuarded } from '../child-process.js';
import { lockDataDir } from '../data-dir-lock.js';
import { startPostgres, type PostgresOptions } from '../postgres-server.js';
import { findTemporal } from '../temporal-binary.js';
import { startTemporal, type TemporalOptions } from '../temporal-server.js';

interface Given {
  dataDir: string;
  logFile: string;
  cacheDir: string;
  env: Record<string, string>;
}

const roles: Record<string, (given: never) => Promise<object>> = {
  child: async ({ logFile }: Given) => {
    const child = await spawnGuarded({ command: '/bin/sleep', args: ['600'], env: {}, logFile });
    return { child: child.pid };
  },
  lock: async ({ dataDir }: Given) => {
    await lockDataDir(dataDir);
    return {};
  },
  // Its first sentence of progress is what it says; it is killed before there are more.
  find: ({ cacheDir, env }: Given) =>
    new Promise((resolve, reject) => {
      const onProgress = (sentence: string): void => {
        if (sentence.startsWith('Building')) resolve({ sentence });
      };
      findTemporal({ cacheDir, env, onProgress, downloadBase: 'http://127.0.0.1:9' }).catch(reject);
    }),
  postgres: async (options: PostgresOptions) => {
    const { connectionString, pid, directory } = await startPostgres(options);
    return { connectionString, server: pid, directory };
  },
  temporal: async (options: TemporalOptions) => {
    const { address, pid } = await startTemporal(options);
    return { address, server: pid };
  },
};

const [, , role = '', json = '{}'] = process.argv;
const play = roles[role];
if (play === undefined) throw new Error(`there is no role ${role}`);
// As perdure does while it drains: the terminal's Ctrl-C is not the end.
process.on('SIGINT', () => undefined);
setInterval(() => undefined, 60_000);
console.log(JSON.stringify(await play(JSON.parse(json) as never)));
