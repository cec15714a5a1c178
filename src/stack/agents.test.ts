import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createFakes } from '../api/testing/fakes.js';
import { readConfig } from '../config/env.js';
import { openAgents, type AgentParts } from './agents.js';
import { Releasers } from './releasers.js';

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

function open(files: Record<string, string>): Promise<AgentParts> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'perdure-agents-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return openAgents(readConfig({ PERDURE_AGENTS_DIR: folder }), [], createFakes().logger, new Releasers());
}

const typescript = `
import { defineAgent } from 'perdure/agents';
import { countries } from './countries.js';
export default defineAgent({
  description: 'Reports on vineyards.',
  instructions: \`Keep to these: \${countries.join(', ')}.\`,
  tools: ['sql', 'file_*'],
  approvals: 'irreversible',
});`;

test('agents are of YAML and of TypeScript, side by side', async () => {
  const { agents } = await open({
    'plain.yaml': 'description: Plain.',
    'reporter.agent.ts': typescript,
    'countries.ts': "export const countries = ['France', 'Italy'];",
  });
  expect(agents.list().map(({ name }) => name)).toEqual(['default', 'plain', 'reporter']);
  expect(agents.find('reporter')).toMatchObject({
    instructions: 'Keep to these: France, Italy.',
    tools: ['file_read', 'file_write', 'file_list', 'sql'],
    approvals: 'irreversible',
  });
});

test.each([
  ['export default { instructions: "x" };', 'description is required'],
  ['export default { description: "x", tools: ["nothing"] };', 'there is no tool "nothing"'],
  ['export const agent = 1;', 'is required, an object'],
  ['export default {', 'but found end of file'],
])('%s stops the start, named', async (text, message) => {
  const opening = open({ 'a.agent.ts': text });
  await expect(opening).rejects.toThrow('a.agent.ts: ');
  await expect(opening).rejects.toThrow(message);
});
