/** The proxy of deploy/compose before processes on loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimPort } from '../../../src/adapters/embedded/free-port.js';

const TEMPLATE = path.resolve(import.meta.dirname, '../../../deploy/compose/nginx.conf');
/** Where Debian puts what only root is meant to start. */
const program = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0);
export const hasNginx = program !== undefined;

export interface Nginx {
  url: string;
  close(): Promise<void>;
}

export async function startNginx(ports: readonly number[]): Promise<Nginx> {
  if (program === undefined) throw new Error('there is no nginx');
  const directory = await mkdtemp(path.join(os.tmpdir(), 'perdure-nginx-'));
  const port = await claimPort('127.0.0.1', 0, 'port', 'PORT');
  const filled = {
    TMP: directory,
    UPSTREAM: ports.map((each) => `server 127.0.0.1:${each} max_fails=0;`).join(' '),
    LISTEN: `127.0.0.1:${port}`,
  };
  let text = await readFile(TEMPLATE, 'utf8');
  for (const [name, value] of Object.entries(filled)) text = text.replaceAll(`\${${name}}`, value);
  const file = path.join(directory, 'nginx.conf');
  // Started as root, its workers would else be another user's, who may not write into the directory.
  await writeFile(file, process.getuid?.() === 0 ? `user root;\n${text}` : text);
  const child = spawn(program, ['-c', file, '-p', directory], { stdio: 'inherit' });
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + 10_000; ;) {
    if (
      await fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      )
    )
      break;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('nginx did not start');
    await sleep(50);
  }
  return {
    url,
    async close() {
      child.kill('SIGQUIT');
      await once(child, 'close');
      await rm(directory, { recursive: true });
    },
  };
}
