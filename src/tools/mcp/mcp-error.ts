/** What goes wrong with an MCP server, in the words and codes of the error table. */
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { PerdureError } from '../../../contracts/errors.js';

const MAX_CHARACTERS = 1_000;
/** An error's code is any number, of which the SDK names some. */
const TIMED_OUT: number = ErrorCode.RequestTimeout;
const CLOSED: number = ErrorCode.ConnectionClosed;

/** @param fault what broke the connection, where that is known: more than the error says */
export function mcpError(server: string, error: unknown, fault?: PerdureError): PerdureError {
  if (fault !== undefined)
    return new PerdureError(fault.code, `${server}: ${fault.message}`, { cause: error });
  const own = causeOf(error);
  if (own !== undefined) return new PerdureError(own.code, `${server}: ${own.message}`, { cause: own });
  const text = (error instanceof Error ? error.message : String(error)).slice(0, MAX_CHARACTERS);
  const as = (code: 'tool_failed' | 'tool_unavailable' | 'tool_timeout', words = text): PerdureError =>
    new PerdureError(code, `${server}: ${words}`, { cause: error });
  if (error instanceof StreamableHTTPError) {
    // 404, and of many servers 400, is a session that they do not know any more.
    const passes =
      error.code === undefined || [400, 404, 408, 425, 429].includes(error.code) || error.code >= 500;
    return as(passes ? 'tool_unavailable' : 'tool_failed');
  }
  if (error instanceof McpError) {
    if (error.code === TIMED_OUT) return as('tool_timeout', 'it did not answer in time');
    if (error.code === CLOSED) return as('tool_unavailable', 'it ended before it had answered');
    return as('tool_failed');
  }
  return as('tool_unavailable');
}

/** One of our own below it, however deep: the SDK wraps what a transport throws. */
function causeOf(error: unknown): PerdureError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof PerdureError) return at;
  return undefined;
}
