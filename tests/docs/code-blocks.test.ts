/** Every code block of the documents says what it is; what can be checked without servers is checked here. */
import path from 'node:path';
import ts from 'typescript';
import { beforeAll, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { codeBlocksOf, documents, root, type CodeBlock } from './code-blocks.js';

let blocks: CodeBlock[];
beforeAll(async () => {
  blocks = (await Promise.all((await documents()).map(codeBlocksOf))).flat();
});
const placeOf = ({ document, line }: CodeBlock): string => `${document}:${line}`;

test('each block is of a kind that is run, compared, or no code', () => {
  const kinds = ['sh', 'ts', 'js', 'json', 'yaml', 'output', 'text'];
  expect(blocks.filter(({ language }) => !kinds.includes(language)).map(placeOf)).toEqual([]);
});

test('few blocks are not run, and each says why', () => {
  const notRun = blocks.filter((block) => block.notRun !== null);
  for (const block of notRun) {
    expect(['sh', 'ts', 'js'], placeOf(block)).toContain(block.language);
    expect(block.notRun?.length, placeOf(block)).toBeGreaterThan(10);
  }
  const code = blocks.filter(({ language }) => ['sh', 'ts', 'js', 'json', 'yaml'].includes(language));
  console.log(
    `${blocks.length} blocks in the documents; ${code.length} of code, of which ${notRun.length} are not run:`,
    notRun.map((block) => `\n  ${placeOf(block)}: ${block.notRun ?? ''}`).join(''),
  );
  expect(notRun.length).toBeLessThanOrEqual(MAX_NOT_RUN);
  // Of a page's script only TypeScript can be run here.
  expect(code.filter(({ language, notRun: why }) => language === 'js' && why === null)).toEqual([]);
});
const MAX_NOT_RUN = 8;

test('an output stands after what prints it', () => {
  for (const [i, block] of blocks.entries()) {
    if (block.language !== 'output') continue;
    const before = blocks[i - 1];
    expect([before?.document, before?.notRun], placeOf(block)).toEqual([block.document, null]);
    expect(['sh', 'ts'], placeOf(block)).toContain(before?.language);
  }
});

test('JSON is JSON', () => {
  for (const block of blocks)
    if (block.language === 'json')
      expect(() => JSON.parse(block.text) as unknown, placeOf(block)).not.toThrow();
});

test('YAML is YAML', () => {
  for (const block of blocks)
    if (block.language === 'yaml')
      expect(() => parseYaml(block.text) as unknown, placeOf(block)).not.toThrow();
});

test('TypeScript has the types it says', { timeout: 120_000 }, () => {
  const programs = new Map<string, string>();
  for (const { document, language, text } of blocks)
    if (language === 'ts') {
      const file = path.join(root, `${document.replace(/\.md$/, '')}.blocks.ts`);
      // The blocks of a document are one program, read from its top to its end.
      programs.set(file, `${programs.get(file) ?? ''}${text}\n`);
    }
  expect(programs.size).toBeGreaterThan(1);
  expect(complaintsAbout(programs)).toEqual([]);
});

/** What the compiler says of files that are nowhere but here, as strict as of our own. */
function complaintsAbout(files: ReadonlyMap<string, string>): string[] {
  const config = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const [readFile, fileExists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  const program = ts.createProgram([...files.keys()], { ...options, noUnusedLocals: false }, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
    return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
