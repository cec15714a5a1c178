/** The package that `npm pack` makes, as a stranger's project gets it: what is in it, its types, its client, its command. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../..');
const tsc = path.join(repository, 'node_modules/typescript/bin/tsc');

const CLONE = [
  ...['contracts', 'workflows', 'activities', 'src', 'console', 'scripts', 'deploy', 'docs', 'dist'],
  ...[
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.package.json',
    '.gitignore',
    '.env.example',
  ],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'SECURITY.md'],
];

interface Packed {
  filename: string;
  files: { path: string }[];
}

let folder: string;
let packed: Packed;
const inFolder = (...parts: string[]): string => path.join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-package-'));
  // Of a copy: what packs makes types/, and other tests read the types of this clone meanwhile.
  for (const name of CLONE)
    if (existsSync(path.join(repository, name)))
      cpSync(path.join(repository, name), inFolder('clone', name), { recursive: true });
  symlinkSync(path.join(repository, 'node_modules'), inFolder('clone/node_modules'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: inFolder('clone'),
    maxBuffer: 64 * 1024 * 1024,
  });
  [packed] = JSON.parse(stdout) as [Packed];
  await run('tar', ['-xzf', inFolder(packed.filename), '-C', folder]);
  mkdirSync(inFolder('project/node_modules'), { recursive: true });
  cpSync(inFolder('package'), inFolder('project/node_modules/perdure'), { recursive: true });
  // What the package asks for, and none of what it is made with.
  const { dependencies } = JSON.parse(readFileSync(inFolder('package/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) link(name);
  writeFileSync(inFolder('project/package.json'), '{"type":"module"}');
}, 300_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function link(name: string): void {
  const target = inFolder('project/node_modules', name);
  mkdirSync(path.dirname(target), { recursive: true });
  symlinkSync(path.join(repository, 'node_modules', name), target);
}

test('holds what is run, its types and its papers, and nothing else', () => {
  const kinds = new Set(packed.files.map(({ path: file }) => file.replace(/^(dist|types)\/.*$/, '$1')));
  expect([...kinds].sort()).toEqual([
    '.env.example',
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'dist',
    'package.json',
    'scripts/for-people.mjs',
    'scripts/perdure.mjs',
    'scripts/run.mjs',
    'types',
  ]);
  const names = packed.files.map(({ path: file }) => file);
  expect(names).toContain('types/src/client/client.d.ts');
  expect(names).toContain('dist/workflow-bundle.js');
  expect(names).toContain('dist/console/index.html');
  expect(names.filter((name) => /\.test\.|testing\//.test(name))).toEqual([]);
});

describe('in a project of one’s own', { timeout: 300_000 }, () => {
  const PROGRAM = `
    import { createClient, isTerminal, PerdureApiError, type Client, type Run, type RunEvent } from 'perdure/client';

    const client: Client = createClient({ baseUrl: 'http://127.0.0.1:9', retries: 0 });
    export async function follow(id: string): Promise<string[]> {
      const types: string[] = [];
      for await (const event of client.events(id, { signal: AbortSignal.timeout(5_000) })) {
        types.push(event.type);
        if (event.type === 'step.completed') console.log(event.stepId, event.output);
        // @ts-expect-error: there is no such event
        if (event.type === 'step.begun') console.log(event);
      }
      const run: Run = await client.get(id);
      // @ts-expect-error: a status is one of a list
      if (run.status === 'done') console.log(isTerminal(run.status));
      for await (const { goal } of client.list({ status: ['failed'] })) types.push(goal);
      // @ts-expect-error: a run has a goal
      await client.submit({});
      return types;
    }
    export const ended = (event: RunEvent): boolean => event.type === 'run.completed';
    export const refused = (error: unknown): boolean =>
      error instanceof PerdureApiError && error.code === 'run_not_found';
    // @ts-expect-error: a code is one of the table
    export const other = (error: PerdureApiError): boolean => error.code === 'no_such_code';
  `;
  const STRICT = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noEmit: true,
    // What others declare is read, too.
    skipLibCheck: false,
    target: 'ES2022',
  };

  const check = async (name: string, text: string, compilerOptions: object): Promise<string> => {
    writeFileSync(inFolder('project', `${name}.ts`), text);
    const config = inFolder('project', `tsconfig.${name}.json`);
    writeFileSync(
      config,
      JSON.stringify({ compilerOptions: { ...STRICT, ...compilerOptions }, files: [`${name}.ts`] }),
    );
    const { stdout } = await run(process.execPath, [tsc, '-p', config, '--listFiles']).catch(
      (error: unknown) => error as { stdout: string },
    );
    const lines = stdout.split('\n');
    expect(lines.filter((line) => /perdure\/.*(?<!\.d)\.ts$/.test(line))).toEqual([]);
    return lines.filter((line) => line.includes('error TS')).join('\n');
  };

  test('the client has its types in a web page', async () => {
    const browser = { lib: ['ES2023', 'DOM', 'DOM.AsyncIterable'], types: [] };
    expect(await check('page', PROGRAM, { ...browser, module: 'ESNext', moduleResolution: 'bundler' })).toBe(
      '',
    );
  });

  test('the client has its types in Node', async () => {
    const typeRoots = [path.join(repository, 'node_modules/@types')];
    const node = { lib: ['ES2023'], typeRoots, types: ['node'] };
    expect(await check('program', PROGRAM, { ...node, module: 'NodeNext' })).toBe('');
  });

  test('tools and agents have their types', async () => {
    const text = `
      import { defineAgent } from 'perdure/agents';
      import { defineTool, z } from 'perdure/tools';
      export const tool = defineTool({
        name: 'double', description: 'twice as much', effect: 'read', timeoutSeconds: 5,
        args: z.strictObject({ n: z.number() }),
        execute: ({ n }) => Promise.resolve({ output: { n: n * 2 } }),
      });
      // @ts-expect-error: an agent has a description
      export default defineAgent({ name: 'little' });
    `;
    const typeRoots = [path.join(repository, 'node_modules/@types')];
    expect(
      await check('tool', text, { module: 'NodeNext', lib: ['ES2023'], typeRoots, types: ['node'] }),
    ).toBe('');
  });

  test('the client runs, and says what is wrong', async () => {
    writeFileSync(
      inFolder('project/call.mjs'),
      `import { createClient, PerdureConnectionError } from 'perdure/client';
       const error = await createClient({ baseUrl: 'http://127.0.0.1:9', retries: 0 }).get('x').catch((e) => e);
       console.log(error instanceof PerdureConnectionError, error.address);`,
    );
    const { stdout } = await run(process.execPath, [inFolder('project/call.mjs')]);
    expect(stdout).toBe('true http://127.0.0.1:9\n');
  });

  test('the command runs from dist/ as it is, and reads .env where it is called', async () => {
    const command = inFolder('project/node_modules/perdure/scripts/perdure.mjs');
    const called = { cwd: inFolder('project') };
    expect((await run(process.execPath, [command, '--help'], called)).stdout).toContain('Usage: perdure');
    writeFileSync(inFolder('project/.env'), 'PERDURE_URL=http://127.0.0.1:9\n');
    await expect(run(process.execPath, [command, 'tools', 'ls'], called)).rejects.toMatchObject({
      code: 5,
      stderr: expect.stringContaining('http://127.0.0.1:9 cannot be reached') as string,
    });
    const told = async (...argv: string[]): Promise<unknown> => {
      const error = await run(process.execPath, [command, ...argv, '--json'], called).catch(
        (thrown: unknown) => thrown as { stdout: string; stderr: string },
      );
      expect(error.stdout).toBe('');
      return JSON.parse(error.stderr) as unknown;
    };
    expect(await told('tools', 'ls')).toMatchObject({
      error: {
        code: null,
        message: expect.stringContaining('http://127.0.0.1:9 cannot be reached') as string,
        exitCode: 5,
      },
    });
    expect(await told('tools', 'sl')).toEqual({
      error: { code: null, message: expect.stringContaining('unknown') as string, exitCode: 2 },
    });
  });
});
