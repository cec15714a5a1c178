/** The grammar of the command line: no command without a word of help, and wrong uses are told apart. */
import path from 'node:path';
import type { Command } from 'commander';
import { CommanderError } from 'commander';
import { build } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { main } from './main.js';
import { createProgram } from './program.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const everyCommand = (command: Command): Command[] => [
  ...command.commands,
  ...command.commands.flatMap((child) => everyCommand(child)),
];

test('every command and option is described', () => {
  for (const command of everyCommand(createProgram())) {
    expect(command.description(), command.name()).not.toBe('');
    for (const option of command.options) expect(option.description, option.flags).not.toBe('');
  }
});

test('every command shows examples, and prints JSON where it prints data', () => {
  const servers = ['dev', 'api', 'worker', 'codec-server'];
  const raw = ['completion', 'get'];
  const program = createProgram();
  for (const command of [program, ...everyCommand(program)]) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help, command.name()).toContain('Examples:\n  $ ');
    if (command.commands.length > 0 || [...servers, ...raw].includes(command.name())) continue;
    expect(
      command.options.map(({ long }) => long),
      `${command.parent?.name()} ${command.name()}`,
    ).toContain('--json');
  }
});

test.each([[['foo']], [['dev', '--foo']], [['migrate', '--json=3']]])(
  '%j is a wrong use, told on standard error',
  async (argv) => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const error = await createProgram()
      .parseAsync(argv, { from: 'user' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommanderError);
    expect(error).toMatchObject({ exitCode: 1 });
    expect(stderr.mock.calls[0]?.[0]).toMatch(/^perdure: /);
    expect(stdout).not.toHaveBeenCalled();
  },
);

test('with --json what is wrong is left for its JSON, and not told in words as well', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await expect(main(['runs', 'show', '--json'])).rejects.toMatchObject({
    name: 'CliError',
    message: "missing required argument 'id'",
    exitCode: 2,
  });
  expect(stderr).not.toHaveBeenCalled();
});

test.each([
  ['', 'create'],
  ['a b', 'create'],
  ['ü', 'ls'],
  ['x'.repeat(81), 'revoke'],
])('a tenant that no store could keep apart is a wrong use: %j', async (name, command) => {
  const given = command === 'create' ? ['--name', 'n'] : command === 'revoke' ? ['id'] : [];
  await expect(main(['keys', command, '--tenant', name, ...given, '--json'])).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('A tenant has 1 to 80 printable') as string,
  });
});

test('help waits for nothing but the grammar: all else is loaded when a command runs', async () => {
  const { metafile } = await build({
    entryPoints: [path.resolve(import.meta.dirname, 'main.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const loadedBy = (file: string): string[] =>
    (metafile.outputs[file]?.imports ?? [])
      .filter(({ kind }) => kind === 'import-statement')
      .flatMap(({ path: next, external }) => (external === true ? [next] : loadedBy(next)));
  expect(new Set(loadedBy('out/main.js'))).toEqual(new Set(['commander']));
});
