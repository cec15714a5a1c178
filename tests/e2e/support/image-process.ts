/** What an image starts, from its unpacked root file system: read-only but for /tmp, as user 1000, without capabilities. */
import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetProcess } from './fleet.js';

const START_MS = 120_000;

/** As an engine does it. The mounts are this process's own and go with it. $1 is the root, $2 a folder that is seen as /mnt. */
const ENTER = `
root=$1; folder=$2; shift 2
mount --bind "$root" "$root" && mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp" &&
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && mount --bind "$folder" "$root/mnt" || exit 90
for file in /etc/hosts /etc/resolv.conf; do
  touch "$root$file" && mount --bind "$file" "$root$file" || exit 91
done
mount -o remount,bind,ro "$root" || exit 90
exec setpriv --no-new-privs chroot --userspec=1000:1000 "$root" /bin/sh -c 'cd /app && exec "$@"' sh "$@"
`;

export interface Image {
  /** Where its root file system is unpacked. */
  readonly root: string;
  /** What is seen as /mnt in it. */
  readonly folder: string;
  /** All that its processes are told, the image's own settings included. */
  readonly env: Readonly<Record<string, string>>;
}

const entering = ({ root, folder, env }: Image, argv: readonly string[]) =>
  [
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', root, folder, ...argv],
    { env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/tmp', ...env } },
  ] as const;

/** Runs a program of the image to its end. */
export function runInImage(image: Image, ...argv: string[]): { code: number | null; output: string } {
  const [program, args, options] = entering(image, argv);
  const { status, stdout, stderr } = spawnSync(program, args, { ...options, encoding: 'utf8' });
  return { code: status, output: `${stdout}${stderr}` };
}

/** By the image's entry point. @param ready what its log says when it has started */
export async function startInImage(image: Image, command: string, ready: string): Promise<FleetProcess> {
  const [program, args, options] = entering(image, ['node', 'scripts/built.mjs', command]);
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  for (const deadline = Date.now() + START_MS; ;) {
    const port = /(?:listens at|probes at) http:\/\/[^"]+:(\d+)/.exec(text)?.[1];
    if (port !== undefined && text.includes(ready)) return { child, output: () => text, port: Number(port) };
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${command} did not start: ${text}`);
    }
    await sleep(50);
  }
}
