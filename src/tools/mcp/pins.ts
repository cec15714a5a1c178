/**
 * What a person has accepted of an MCP server's tools, kept in mcp.lock.json. A server may change what a tool says of
 * itself after it was looked at; such a tool is refused until somebody has looked again.
 */
import { createHash } from 'node:crypto';
import type { Tool as OfferedTool } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { canonicalJson } from '../../../contracts/canonical-json.js';

/** Bytes of JSON that one tool may say of itself: it all goes to the models. */
const MAX_TOOL_BYTES = 64_000;

const pinSchema = z.strictObject({
  title: z.string().optional(),
  description: z.string(),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.record(z.string(), z.unknown()).optional(),
});
/** All that a model or a person is told of a tool. */
export type Pin = z.infer<typeof pinSchema>;

export const lockFileSchema = z.strictObject({
  version: z.literal(1),
  servers: z.record(z.string(), z.record(z.string(), pinSchema)),
});
export type LockFile = z.infer<typeof lockFileSchema>;

export const emptyLock: LockFile = { version: 1, servers: {} };

export const pinOf = ({ title, description, inputSchema, outputSchema }: OfferedTool): Pin => ({
  ...(title === undefined ? {} : { title }),
  description: description ?? '',
  inputSchema,
  ...(outputSchema === undefined ? {} : { outputSchema }),
});

export const hashOf = (pin: Pin): string => createHash('sha256').update(canonicalJson(pin)).digest('hex');

export const isTooLarge = (pin: Pin): boolean => Buffer.byteLength(JSON.stringify(pin)) > MAX_TOOL_BYTES;

export interface PinChange {
  tool: string;
  change: 'new' | 'changed' | 'gone' | 'too large';
  /** What the server says of itself; believed by nobody. */
  readOnlyHint?: boolean;
  description: string;
}

/** What differs between what was accepted and what is offered, sorted by name. */
export function changesOf(
  accepted: Readonly<Record<string, Pin>>,
  offered: readonly OfferedTool[],
): PinChange[] {
  const byName = new Map(offered.map((tool) => [tool.name, tool]));
  const names = [...new Set([...Object.keys(accepted), ...byName.keys()])].sort();
  return names.flatMap((tool): PinChange[] => {
    const pin = Object.hasOwn(accepted, tool) ? accepted[tool] : undefined;
    const now = byName.get(tool);
    if (now === undefined) return [{ tool, change: 'gone', description: pin?.description ?? '' }];
    const offer = pinOf(now);
    const { readOnlyHint } = now.annotations ?? {};
    const told = {
      tool,
      description: offer.description,
      ...(readOnlyHint === undefined ? {} : { readOnlyHint }),
    };
    if (isTooLarge(offer)) return [{ ...told, change: 'too large' }];
    if (pin === undefined) return [{ ...told, change: 'new' }];
    return hashOf(pin) === hashOf(offer) ? [] : [{ ...told, change: 'changed' }];
  });
}
