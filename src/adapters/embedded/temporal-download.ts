/** The official archive of the temporal CLI, fetched and unpacked. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvHttpProxyAgent, fetch } from 'undici';

const run = promisify(execFile);
const CONNECT_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;
const SILENT_FOR_MS = 30_000;

export interface ObtainOptions {
  /** An empty directory of ours, removed afterwards whatever happens. */
  readonly directory: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A program not tried yet, or why there is none. */
export type Obtained = { readonly file: string } | { readonly problem: string };

/** Gives up within seconds where there is no way to the outside; never throws. */
export async function downloadTemporal(
  options: ObtainOptions & { readonly base: string },
): Promise<Obtained> {
  const { base, directory, env, onProgress, signal, version } = options;
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  if (arch === undefined) return { problem: `there is no official download for ${process.arch}` };
  const url = `${base}/cli/archive/v${version}?platform=${process.platform}&arch=${arch}`;
  const archive = path.join(directory, 'temporal.tar.gz');
  onProgress(`Temporal is not on this machine: downloading ${version} from ${new URL(base).host} ...`);
  const agent = new EnvHttpProxyAgent({
    ...proxies(env),
    connect: { timeout: CONNECT_WITHIN_MS },
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: SILENT_FOR_MS,
  });
  try {
    const response = await fetch(url, { dispatcher: agent, ...(signal ? { signal } : {}) });
    if (!response.ok || response.body === null)
      return { problem: `the download answered ${response.status}` };
    await pipeline(Readable.fromWeb(response.body), createWriteStream(archive), signal ? { signal } : {});
    await run('tar', ['-xzf', archive, '-C', directory, 'temporal'], {
      env: { PATH: env.PATH ?? '/usr/bin:/bin' },
    });
    return { file: path.join(directory, 'temporal') };
  } catch (error) {
    return { problem: `the download failed: ${innermost(error)}` };
  } finally {
    await agent.destroy();
  }
}

function proxies(env: ObtainOptions['env']): { httpProxy: string; httpsProxy: string; noProxy: string } {
  return {
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
  };
}

/** fetch only says "fetch failed"; its cause says why. */
function innermost(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause !== undefined) deepest = deepest.cause;
  return deepest instanceof Error ? (deepest.message.split('\n')[0] ?? '') : String(deepest);
}
