/** Agents from the files of a folder, checked whole: a server does not start with one that cannot work. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import {
  agentFileSchema,
  agentNameSchema,
  DEFAULT_AGENT,
  type Agent,
  type AgentFile,
} from '../../../contracts/agents.js';
import { fieldError, pathErrors } from '../../../contracts/field-errors.js';
import { modelRoles, type ModelRole } from '../../../contracts/models.js';
import { ConfigError, type ModelConfig } from '../../config/env.js';
import { modelProblem } from '../../config/models.js';
import type { AgentCatalog } from '../../ports/agent-catalog.js';

export interface AgentSources {
  /** A folder; that it is missing is an error where somebody has named it. */
  folder: { path: string; isNamed: boolean };
  /** Names of all tools there are. */
  tools: readonly string[];
  models: ModelConfig;
  /** Agents that are no YAML: what their files hold, loaded already. */
  loaded?: readonly LoadedAgent[];
}

export interface LoadedAgent {
  file: string;
  content: unknown;
}

const MAX_STEPS = 50;
/** Changes of a plan by its supervisor, and questions that it asks people. */
const MAX_CHANGES = 10;

/** @throws ConfigError naming every file that cannot be used, and why */
export function readAgents(sources: AgentSources): AgentCatalog {
  const faults: string[] = [];
  const agents = new Map<string, Agent>([[DEFAULT_AGENT, withDefaults(DEFAULT_AGENT, plainAgent, sources)]]);
  const files = new Map<string, string>();
  const all = [...yamlFiles(sources.folder).map(readYaml), ...(sources.loaded ?? [])];
  for (const given of all) {
    const { file } = given;
    const read = readAgent(given, sources);
    if ('faults' in read) {
      faults.push(...read.faults.map((fault) => `${file}: ${fault}`));
      continue;
    }
    const { agent } = read;
    const other = files.get(agent.name);
    if (other !== undefined) faults.push(`${file}: name ${agent.name} is that of ${other} already`);
    files.set(agent.name, file);
    agents.set(agent.name, agent);
  }
  if (faults.length > 0) throw new ConfigError(`agents that cannot be used: ${faults.join('; ')}`);
  const sorted = [...agents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { list: () => sorted, find: (name) => agents.get(name) };
}

const plainAgent: AgentFile = { description: 'Carries out any goal, with all tools.' };

function yamlFiles({ path: folder, isNamed }: AgentSources['folder']): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => path.join(folder, name));
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && !isNamed) return [];
    throw new ConfigError(`PERDURE_AGENTS_DIR cannot be read: ${String(error)}`, { cause: error });
  }
}

function readYaml(file: string): LoadedAgent | { file: string; fault: string } {
  try {
    // Without aliases: a few lines of them make a document of gigabytes.
    return { file, content: parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 }) as unknown };
  } catch (error) {
    return { file, fault: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' };
  }
}

function readAgent(
  given: LoadedAgent | { file: string; fault: string },
  sources: AgentSources,
): { agent: Agent } | { faults: string[] } {
  if ('fault' in given) return { faults: [given.fault] };
  const { file, content } = given;
  const parsed = agentFileSchema.safeParse(content);
  if (!parsed.success)
    return {
      faults: pathErrors(parsed.error.issues, content).map((error) => {
        const { field, message } = fieldError(error);
        return field === '' ? message : `${field} ${message}`;
      }),
    };
  const name = parsed.data.name ?? path.basename(file).replace(/\.ya?ml$|\.agent\.(?:ts|js|mjs)$/, '');
  const named = agentNameSchema.safeParse(name);
  if (!named.success) return { faults: [`its name ${named.error.issues[0]?.message ?? ''}`] };
  const agent = withDefaults(name, parsed.data, sources);
  const faults = [...toolFaults(parsed.data, sources), ...modelFaults(agent, sources)];
  return faults.length > 0 ? { faults } : { agent };
}

function withDefaults(name: string, file: AgentFile, { tools, models }: AgentSources): Agent {
  const { byRole } = models;
  const namesOf = (role: ModelRole): string[] => [file.models?.[role] ?? byRole[role]].flat();
  return {
    name,
    description: file.description,
    instructions: file.instructions ?? '',
    models: { planner: namesOf('planner'), supervisor: namesOf('supervisor'), tool: namesOf('tool') },
    tools: tools.filter((tool) => file.tools?.some((pattern) => fits(pattern, tool)) ?? true),
    maxSteps: file.maxSteps ?? MAX_STEPS,
    supervision: {
      maxChanges: file.supervision?.maxChanges ?? MAX_CHANGES,
      maxSteps: file.supervision?.maxSteps ?? file.maxSteps ?? MAX_STEPS,
    },
    ...(file.budget === undefined ? {} : { budget: file.budget }),
    approvals: file.approvals ?? 'never',
    hosts: file.hosts ?? [],
    output: file.output ?? null,
  };
}

const fits = (pattern: string, tool: string): boolean =>
  pattern.endsWith('*') ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool;

/** A name that fits nothing is a slip, and would take away what was meant to be given. */
const toolFaults = (file: AgentFile, { tools }: AgentSources): string[] =>
  (file.tools ?? []).flatMap((pattern, i) =>
    tools.some((tool) => fits(pattern, tool))
      ? []
      : [`tools[${i}]: there is no tool ${JSON.stringify(pattern)}`],
  );

const modelFaults = (agent: Agent, { models }: AgentSources): string[] =>
  modelRoles.flatMap((role) =>
    agent.models[role].flatMap((name) => {
      const problem = modelProblem(name, models.providers);
      return problem === undefined ? [] : [`models.${role} names ${name}: ${problem}`];
    }),
  );
