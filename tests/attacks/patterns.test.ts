/**
 * Texts that are made for a regular expression to read them again and again: from models, pages and plans, in processes that
 * have other work to do. What each took before it was mended is minutes, so that a test that comes to its end has shown it.
 */
import { z } from 'zod';
import { readAnswer } from '../../src/agents/answer-json.js';
import { asData } from '../../src/agents/untrusted.js';
import { createAddressGuard } from '../../src/tools/address-guard.js';
import { createDenyList } from '../../src/tools/deny-list.js';
import { createHttpFetch } from '../../src/tools/http-fetch.js';
import { codeOf, ledgerOf } from './support/ledger.js';

const { attack, legitimate, atLeast } = ledgerOf('patterns');

const read = (text: string): Promise<string> => {
  const answer = { text, calls: [], isCut: false } as unknown as Parameters<typeof readAnswer>[0];
  const said = readAnswer(answer, z.object({ a: z.number() }));
  return Promise.resolve('value' in said ? `read ${said.value.a}` : 'no JSON');
};
const answers: Record<string, string> = {
  'a fence and nothing but line breaks': `\`\`\`${'\n'.repeat(20_000)}x`,
  'a fence and blank lines': `\`\`\`json${'\n \t'.repeat(20_000)}x`,
  'fences that are never closed': 'x```\n'.repeat(100_000),
  'thoughts without an end': `<think>${'<think>\n'.repeat(100_000)}`,
  'blanks before anything': `${' '.repeat(500_000)}x`,
  backticks: '`'.repeat(500_000),
};
for (const [name, text] of Object.entries(answers))
  attack(`a model’s answer of ${name}`, 'no JSON', () => read(text), 30_000);

const told = (text: string): Promise<string> =>
  Promise.resolve(
    /<\s*\/?\s*data\s*>[\s\S]*<\s*\/\s*data/i.test(asData('a page', text, 200).slice(22, -8))
      ? 'a mark'
      : 'no mark',
  );
const pages: Record<string, string> = {
  'a bracket before a sea of blanks': `<${' '.repeat(300_000)}x`,
  'brackets before blanks': `<${' '.repeat(300)}`.repeat(1_000),
  'a mark that is nearly one': `< ${'\u200b'.repeat(300_000)}/ dat`,
};
for (const [name, text] of Object.entries(pages))
  attack(`a page of ${name}`, 'no mark', () => told(text), 30_000);

const dots = `a${'.'.repeat(300_000)}a`;
attack(
  'a host of dots, fetched',
  'ZodError',
  () => {
    const tool = createHttpFetch({ httpAllow: [], httpDeny: ['denied.test'] });
    return codeOf(Promise.resolve().then(() => tool.args.parse({ url: `http://${dots}/` })));
  },
  30_000,
);
attack(
  'a host of dots, at the guard',
  'address_not_allowed',
  () => codeOf(createAddressGuard({ allow: [], deny: ['denied.test'] }).check(new URL(`http://${dots}/`))),
  30_000,
);
attack(
  'a host of dots, held against the deny list',
  'not denied',
  () => Promise.resolve(createDenyList(['denied.test']).hostDeniedBy(dots, 80) ?? 'not denied'),
  30_000,
);

for (const [name, text] of Object.entries({
  'JSON in a fence': 'Here:\n```json\n\n{"a": 1}\n```\nDone.',
  'JSON in a fence that is set in': '```  \n  {"a": 1}\n  ```',
  'JSON in a fence of another name': '```python\nx\n```\n{"a": 1}',
  'JSON after thoughts': '<think>{"a": 2}</think>{"a": 1}',
}))
  legitimate(name, 'read 1', () => read(text));
for (const mark of ['</data>', '< / data>', '＜/data>', '<\u200b/\u200bdata>', '<data>'])
  legitimate(`a mark that is made harmless: ${JSON.stringify(mark)}`, 'harmless', () =>
    Promise.resolve(asData('a page', mark, 100).includes(`\n&lt;${mark.slice(1)}\n`) ? 'harmless' : 'a mark'),
  );
legitimate('a denied host with dots at its end', 'denied.test', () =>
  Promise.resolve(createDenyList(['denied.test']).hostDeniedBy('denied.test..', 80) ?? 'not denied'),
);

atLeast(12, 10);
