/** MCP servers as an operator declares them, in mcp.yaml: how they are reached, and what of them may be called. */
import { z } from 'zod';
import { secretName, secretsIn } from '../secrets.js';
import type { Effect } from '../tool.js';
import { fits, mostSpecific } from '../tool-patterns.js';

/** Without an underscore, for two of them part it from the name of the tool. */
const serverName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 lower-case letters, digits or "-", a letter first');

const pattern = z.string().min(1).max(128);

const withSecrets = z
  .string()
  .max(10_000)
  .refine((text) => secretsIn(text) !== undefined, `may refer to ${secretName('NAME')} only`);

const common = {
  description: z.string().max(500).optional(),
  /** Which tools there are; all unless told. What is denied is not there, whatever is allowed. */
  allow: z.array(pattern).min(1).optional(),
  deny: z.array(pattern).optional(),
  /** What a server says of itself is a hint; this is what counts. irreversible unless told. */
  effects: z.record(pattern, z.enum(['read', 'reversible', 'irreversible'])).optional(),
  timeoutSeconds: z.int().min(1).max(3_600).default(60),
  /** Whether it is told which trace a call is of. */
  trace: z.boolean().default(false),
  /** Of one answer. */
  maxBytes: z.int().min(1_000).max(30_000_000).default(5_000_000),
};

const stdioServer = z.strictObject({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** All that it is given beside PATH, HOME and the like. */
  env: z.record(z.string().regex(/^\w+$/, 'must be the name of a variable'), withSecrets).default({}),
  /** The folder of the file unless told. */
  cwd: z.string().min(1).optional(),
  ...common,
});

const httpServer = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }),
  headers: z.record(z.string().regex(/^[\w-]+$/, 'must be the name of a header'), withSecrets).default({}),
  ...common,
});

const anyServer = z.union([stdioServer, httpServer]);

export const mcpFileSchema = z.strictObject({
  servers: z.record(serverName, anyServer),
});

export type McpServer = z.infer<typeof anyServer> & { name: string };

export const isOffered = ({ allow, deny }: McpServer, tool: string): boolean =>
  (allow?.some((each) => fits(each, tool)) ?? true) && deny?.some((each) => fits(each, tool)) !== true;

/** By the most specific name that fits. */
export const effectOf = ({ effects = {} }: McpServer, tool: string): Effect =>
  mostSpecific(effects, tool) ?? 'irreversible';

/** What steps and agents call it; undefined where a model's provider would not take the name. */
export function toolNameOf(server: string, tool: string): string | undefined {
  const name = `${server}__${tool.replaceAll(/[^\w-]/g, '_')}`;
  return name.length <= 64 ? name : undefined;
}
