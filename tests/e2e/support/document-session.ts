/** The blocks of one document, run from its top to its end as a reader would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { transform } from 'esbuild';
import { root, type CodeBlock } from '../../docs/code-blocks.js';

/** Where the documents say that perdure is. */
const DOCUMENTED = 'http://127.0.0.1:8080';
const LIMIT_MS = 120_000;

export interface Ran {
  block: CodeBlock;
  stdout: string;
  stderr: string;
}

/**
 * Shell blocks share one bash in an empty folder, TypeScript blocks are one module; both have `perdure` and
 * PERDURE_URL. Run are the shell's first.
 *
 * @throws Error naming the block that failed, with what it printed
 */
export async function runDocument(blocks: readonly CodeBlock[], url: string): Promise<Ran[]> {
  const runnable = blocks.filter(({ notRun }) => notRun === null);
  const of = (language: string): CodeBlock[] => runnable.filter((block) => block.language === language);
  return [...(await runShell(of('sh'), url)), ...(await runTypeScript(of('ts'), url))];
}

async function runShell(blocks: readonly CodeBlock[], url: string): Promise<Ran[]> {
  if (blocks.length === 0) return [];
  const folder = await mkdtemp(path.join(os.tmpdir(), 'perdure-document-'));
  try {
    const bin = path.join(folder, 'bin');
    const work = path.join(folder, 'work');
    await mkdir(bin);
    await mkdir(work);
    const perdure = path.join(root, 'scripts/perdure.mjs');
    await writeFile(path.join(bin, 'perdure'), `#!/bin/sh\nexec '${process.execPath}' '${perdure}' "$@"\n`, {
      mode: 0o755,
    });
    // An answer of 4xx or 5xx fails the block.
    await writeFile(path.join(folder, '.curlrc'), 'fail-with-body\n');
    for (const [i, { text }] of blocks.entries())
      await writeFile(path.join(folder, `${i}.sh`), text.replaceAll(DOCUMENTED, url));
    // npm's scripts are ours, wherever the reader stands.
    const session = [
      'set -e',
      `npm() { command npm --prefix '${root}' --silent "$@"; }`,
      ...blocks.map((_, i) => `. '${folder}/${i}.sh' >'${folder}/${i}.out' 2>'${folder}/${i}.err'`),
    ].join('\n');
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH ?? ''}`,
      CURL_HOME: folder,
      PERDURE_URL: url,
      PORT: new URL(url).port,
      NO_COLOR: '1',
    };
    const child = spawn('bash', ['-c', session], { cwd: work, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    const read = (file: string): Promise<string> => readFile(path.join(folder, file), 'utf8').catch(() => '');
    const ran = await Promise.all(
      blocks.map(async (block, i) => ({
        block,
        stdout: (await read(`${i}.out`)).replaceAll(url, DOCUMENTED),
        stderr: (await read(`${i}.err`)).replaceAll(url, DOCUMENTED),
      })),
    );
    if (code === 0) return ran;
    const last = ran.findLast(({ stdout, stderr }) => stdout !== '' || stderr !== '') ?? ran[0];
    throw new Error(
      `${last?.block.document ?? ''}:${last?.block.line ?? 0} ended with ${code ?? 'a signal'}:\n${last?.stdout ?? ''}${last?.stderr ?? ''}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runTypeScript(blocks: readonly CodeBlock[], url: string): Promise<Ran[]> {
  const [first] = blocks;
  if (first === undefined) return [];
  // Inside the package, so that `perdure/client` is what package.json says it is.
  const folder = await mkdtemp(path.join(root, '.document-'));
  try {
    const mark = (i: number): string => `\u0000${i}\u0000`;
    const source = blocks
      .map(({ text }, i) => `process.stdout.write(${JSON.stringify(mark(i))});\n${text}`)
      .join('\n')
      .replaceAll(DOCUMENTED, url);
    const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node20' });
    const file = path.join(folder, 'blocks.mjs');
    await writeFile(file, code);
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, PERDURE_URL: url, NO_COLOR: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const [exitCode] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    if (exitCode !== 0)
      throw new Error(
        `the TypeScript of ${first.document} ended with ${exitCode ?? 'a signal'}:\n${stdout}${stderr}`,
      );
    return blocks.map((block, i) => ({
      block,
      stdout: (stdout.split(mark(i))[1]?.split(mark(i + 1))[0] ?? '').replaceAll(url, DOCUMENTED),
      stderr: '',
    }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
