import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../config/env.js';
import type { AgentCatalog } from '../../ports/agent-catalog.js';
import { readAgents } from './read-agents.js';

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
  folders = [];
});

function read(files: Record<string, string>, settings: Record<string, string> = {}): AgentCatalog {
  const folder = mkdtempSync(path.join(tmpdir(), 'perdure-agents-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return readAgents({
    folder: { path: folder, isNamed: true },
    tools: ['echo', 'file_read', 'file_write', 'sql'],
    models: readConfig({ OPENAI_API_KEY: 'k', ...settings }).models,
  });
}

test('without files there is the default agent, which may call everything', () => {
  const models = readConfig({}).models;
  const agents = readAgents({ folder: { path: '/nowhere', isNamed: false }, tools: ['echo'], models });
  expect(agents.list()).toEqual([
    {
      name: 'default',
      description: 'Carries out any goal, with all tools.',
      instructions: '',
      models: { planner: [], supervisor: [], tool: [] },
      tools: ['echo'],
      maxSteps: 50,
      supervision: { maxChanges: 10, maxSteps: 50 },
      approvals: 'never',
      hosts: [],
      output: null,
    },
  ]);
});

test('a file says what differs from the settings', () => {
  const agents = read(
    {
      'analyst.yaml': [
        'description: Looks into tables',
        'instructions: |',
        '  Prefer sql.',
        'models: { planner: openai:gpt-5-mini, tool: [openai:a, openai:b] }',
        'tools: [sql, file_*]',
        'maxSteps: 5',
        'supervision: { maxChanges: 3 }',
        'approvals: irreversible',
        'output: { type: object, required: [months] }',
        'hosts: [api.example.com, "*.example.org"]',
      ].join('\n'),
      'x.yml': 'name: other\ndescription: Another',
      'readme.md': 'not an agent',
    },
    { PERDURE_MODEL: 'openai:gpt-5', PERDURE_SUPERVISOR_MODEL: 'openai:judge' },
  );
  expect(agents.list().map(({ name }) => name)).toEqual(['analyst', 'default', 'other']);
  expect(agents.find('analyst')).toEqual({
    name: 'analyst',
    description: 'Looks into tables',
    instructions: 'Prefer sql.',
    models: {
      planner: ['openai:gpt-5-mini'],
      supervisor: ['openai:judge'],
      tool: ['openai:a', 'openai:b'],
    },
    tools: ['file_read', 'file_write', 'sql'],
    maxSteps: 5,
    supervision: { maxChanges: 3, maxSteps: 5 },
    approvals: 'irreversible',
    hosts: ['api.example.com', '*.example.org'],
    output: { type: 'object', required: ['months'] },
  });
  expect(agents.find('other')?.models.planner).toEqual(['openai:gpt-5']);
});

test('a file may take the place of the default agent', () => {
  expect(read({ 'default.yaml': 'description: Echoes\ntools: [echo]' }).list()).toMatchObject([
    { name: 'default', description: 'Echoes', tools: ['echo'] },
  ]);
});

test.each([
  ['a.yaml', 'description: x\nbudgets: 5', 'a.yaml: budgets is not a known field'],
  ['a.yaml', 'instructions: x', 'a.yaml: description is required, a string'],
  ['a.yaml', '', 'must be an object, not null'],
  ['a.yaml', 'description: [', 'a.yaml: '],
  ['a.yaml', 'description: x\ntools: [sqll]', 'tools[0]: there is no tool "sqll"'],
  ['a.yaml', 'description: x\ntools: []', 'tools'],
  ['a.yaml', 'description: x\nmodels: { planner: gpt-5 }', 'models.planner must be provider:model'],
  ['a.yaml', 'description: x\nmodels: { planner: "anthropic:c" }', 'ANTHROPIC_API_KEY must be set'],
  ['a.yaml', 'description: x\noutput: { type: nonsense }', 'output must be a JSON schema'],
  ['a.yaml', 'description: x\noutput: { type: string, pattern: (a+)+$ }', 'output must not use pattern'],
  ['a.yaml', 'description: x\napprovals: maybe', 'approvals must be one of "never"'],
  ['a.yaml', 'description: x\nhosts: ["https://a.example/"]', 'hosts[0] must be host'],
  ['A B.yaml', 'description: x', 'its name must be 1 to 64 lower-case letters'],
  ['a.yaml', 'description: &a x\ninstructions: *a', 'Alias resolution is disabled'],
])('%s with %j is refused', (file, text, message) => {
  const start = (): unknown => read({ [file]: text });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(message);
});

test('every file at fault is named, and two of one name', () => {
  const start = (): unknown =>
    read({ 'a.yaml': 'x: 1', 'b.yaml': 'description: x', 'c.yaml': 'name: b\ndescription: y' });
  expect(start).toThrow(/a\.yaml: .*c\.yaml: name b is that of .*b\.yaml already/);
});

test('a folder that is named and cannot be read is refused', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'perdure-agents-'));
  folders.push(folder);
  mkdirSync(path.join(folder, 'a.yaml'));
  const models = readConfig({}).models;
  const start = (where: string) => () =>
    readAgents({ folder: { path: where, isNamed: true }, tools: [], models });
  expect(start(path.join(folder, 'nowhere'))).toThrow('PERDURE_AGENTS_DIR cannot be read');
  expect(start(folder)).toThrow('EISDIR');
});
