/** The fenced code blocks of our documents, and what each is there for. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');

export interface CodeBlock {
  /** Relative to the root. */
  document: string;
  /** Of the first line inside. */
  line: number;
  /** `sh`, `ts` and `json` are code; `output` is what the block before it prints; `text` is a picture or an excerpt. */
  language: string;
  /** Why it is not run, as its fence says after the language: "```sh not run: takes ten minutes". */
  notRun: string | null;
  text: string;
}

/** README.md and all of docs/. */
export async function documents(): Promise<string[]> {
  const files = await readdir(path.join(root, 'docs'), { recursive: true });
  return ['README.md', ...files.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)].sort();
}

export async function codeBlocksOf(document: string): Promise<CodeBlock[]> {
  const lines = (await readFile(path.join(root, document), 'utf8')).split('\n');
  const blocks: CodeBlock[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const fence = /^(\s*)(`{3,})(.*)$/.exec(lines[i] ?? '');
    if (fence === null) continue;
    const [, indent = '', ticks = '', info = ''] = fence;
    const end = lines.findIndex((line, at) => at > i && line.trim() === ticks);
    if (end < 0) throw new Error(`${document}:${i + 1}: the block has no end`);
    const [, language = info, notRun = null] = /^(\S*)(?:\s+not run: (.+))?$/.exec(info.trim()) ?? [''];
    blocks.push({
      document,
      line: i + 2,
      language,
      notRun,
      text: lines
        .slice(i + 1, end)
        .map((line) => line.slice(indent.length))
        .join('\n'),
    });
    i = end;
  }
  return blocks;
}
