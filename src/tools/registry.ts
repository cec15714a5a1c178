/** The tools that plans can name, and the check of a step's args against them. */
import { PerdureError } from '../../contracts/errors.js';
import { fieldError, pathErrors, valueAt, type Path, type PathError } from '../../contracts/field-errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import { findReferences } from '../../contracts/references.js';
import { noTracer } from '../ports/no-tracer.js';
import type { Tracer } from '../ports/tracer.js';
import { askHumanTool, waitForEventTool } from './asking.js';
import { chartTool } from './chart.js';
import { echoTool } from './echo.js';
import { fileListTool } from './file-list.js';
import { fileReadTool } from './file-read.js';
import { fileWriteTool } from './file-write.js';
import { createHttpFetch } from './http-fetch.js';
import { javascriptTool } from './javascript.js';
import { guardedTool } from './named-secrets/guarded-tool.js';
import { noSecrets, type NamedSecrets } from './named-secrets/named-secrets.js';
import { sqlTool } from './sql.js';
import { templateTool } from './template.js';
import type { Tool } from './tool.js';
import { waitTool } from './wait.js';

export interface ToolRegistry {
  list(): Tool[];
  get(name: string): Tool | undefined;
  /**
   * What is wrong with args that may still hold references, by paths that begin below args; undefined when
   * there is no such tool. Fields whose value a reference decides are left for when it is resolved.
   */
  checkArgs(name: string, args: Record<string, JsonValue>): PathError[] | undefined;
  /** @throws PerdureError `tool_invalid_args` naming the fields */
  parseArgs(tool: Tool, args: Record<string, JsonValue>): unknown;
}

/**
 * @param options.httpAllow hosts that http_fetch may call although the address guard would refuse them
 * @param options.httpDeny what it may never call
 * @param options.secrets that arguments may name; none unless told
 * @param options.more tools beside those that are built in
 */
export function createToolRegistry({
  httpAllow,
  httpDeny,
  secrets = noSecrets,
  more = [],
  tracer = noTracer,
}: {
  httpAllow: readonly string[];
  httpDeny?: readonly string[];
  secrets?: NamedSecrets;
  more?: readonly Tool[];
  tracer?: Tracer;
}): ToolRegistry {
  const all = [
    echoTool,
    waitTool,
    askHumanTool,
    waitForEventTool,
    createHttpFetch({ httpAllow, httpDeny, secrets, tracer }),
    fileReadTool,
    fileWriteTool,
    fileListTool,
    sqlTool,
    chartTool,
    templateTool,
    javascriptTool,
    ...more,
  ].map((tool) => guardedTool(tool, secrets));
  const tools = new Map(all.map((tool) => [tool.name, tool]));
  if (tools.size < all.length) {
    const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) !== i);
    throw new Error(`there are two tools called ${twice?.name ?? ''}`);
  }
  return {
    list: () => [...tools.values()],
    get: (name) => tools.get(name),
    checkArgs(name, args) {
      const result = tools.get(name)?.args.safeParse(args);
      if (result === undefined) return undefined;
      if (result.success) return [];
      return pathErrors(result.error.issues, args, (path) => hangsOnReference(args, path));
    },
    parseArgs(tool, args) {
      const result = tool.args.safeParse(args);
      if (result.success) return result.data;
      const errors = pathErrors(result.error.issues, args).map(({ path, message }) =>
        fieldError({ path: ['args', ...path], message }),
      );
      const first = errors[0];
      const rest = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
      throw new PerdureError(
        'tool_invalid_args',
        first === undefined
          ? `${tool.name} cannot take these args`
          : `${first.field} ${first.message}${rest}`,
        { errors },
      );
    },
  };
}

/** Whether the value at the path, or one that it lies in, is a text with a reference. */
const hangsOnReference = (args: Record<string, JsonValue>, path: Path): boolean =>
  [...path.keys(), path.length].some((length) => {
    const value = valueAt(args, path.slice(0, length));
    return typeof value === 'string' && findReferences(value).length > 0;
  });
