/** Each folder of examples/ does what its README says: the commands are run, and the result is the one that stands there. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { PerdureProcess, temporaryDirectory } from './support/perdure-process.js';

const root = path.resolve(import.meta.dirname, '../..');

interface Example {
  /** Of its `npm start`. */
  settings: Record<string, string>;
  commands: string;
  result: unknown;
}

/** A README has a fence that starts perdure, one of commands, and the result as JSON. */
async function exampleOf(name: string): Promise<Example | null> {
  const text = await readFile(path.join(root, 'examples', name, 'README.md'), 'utf8');
  const fences = (language: string): string[] =>
    [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
      ([, inside = '']) => inside,
    );
  const [start, commands] = fences('sh');
  if (start === undefined || commands === undefined) return null;
  const settings = [...start.matchAll(/(\w+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]);
  return {
    settings: Object.fromEntries(settings) as Record<string, string>,
    commands,
    result: JSON.parse(fences('json')[0] ?? ''),
  };
}

const examples = (await readdir(path.join(root, 'examples'))).sort();

// That of the demo has a test of its own, in lifecycle.test.ts.
test.each(examples.filter((name) => name !== 'seattle-weather'))(
  'examples/%s',
  { timeout: 180_000 },
  async (name) => {
    const example = await exampleOf(name);
    if (example === null) throw new Error(`examples/${name}/README.md has no commands`);
    const temporary = await temporaryDirectory();
    const perdure = await PerdureProcess.start(temporary.directory, example.settings);
    try {
      const { code, stdout, stderr } = await runCommands(example.commands, perdure.url);
      expect(code, `${stdout}\n${stderr}`).toBe(0);
      // The last object that the commands print; the check of tools prints no JSON.
      const printed = /^\{$[\s\S]*?^\}$/m.exec(stdout)?.[0];
      expect(JSON.parse(printed ?? 'null')).toMatchObject(example.result as object);
    } finally {
      await perdure.stop();
      await temporary.remove();
    }
  },
);

async function runCommands(commands: string, url: string) {
  const perdure = `perdure() { "${process.execPath}" "${path.join(root, 'scripts/run.mjs')}" perdure "$@"; }`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `${perdure}\n${commands}`], {
    cwd: root,
    env: { ...process.env, PERDURE_URL: url, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, stdout, stderr };
}
