/** The connection to one MCP server: opened by the first call, held while it is used, opened anew after it broke. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  ListToolsResultSchema,
  ToolListChangedNotificationSchema,
  type CallToolResult,
  type Tool as OfferedTool,
} from '@modelcontextprotocol/sdk/types.js';
import { PerdureError } from '../../../contracts/errors.js';
import type { JsonValue } from '../../../contracts/plan.js';
import { version } from '../../../contracts/version.js';
import type { Tracer } from '../../ports/tracer.js';
import type { McpServer } from './declaration.js';
import { mcpError } from './mcp-error.js';

/** A transport, and what is let go with it. */
export interface Opened {
  transport: Transport;
  /** What broke it, where that is known. */
  fault: () => PerdureError | undefined;
  release: () => Promise<void>;
}

export interface McpSession {
  /** All that the server offers now. @throws PerdureError */
  list(): Promise<OfferedTool[]>;
  /**
   * @throws PerdureError; `outcome_unknown` where the call may have reached the server, unless it may be done again
   */
  call(tool: string, args: Record<string, JsonValue>, how: CallOptions): Promise<CallToolResult>;
  close(): Promise<void>;
}

export interface CallOptions {
  signal: AbortSignal;
  timeoutMs: number;
  mayRepeat: boolean;
  /** @throws PerdureError for a tool that may not be called as it is offered now */
  check: (offered: readonly OfferedTool[]) => void;
  onProgress: (message: string) => void;
}

/** Milliseconds after which a connection that nobody uses is closed, and the offer is looked at again. */
const IDLE_MS = 5 * 60_000;
const OFFER_MS = 60_000;
const CONNECT_MS = 30_000;
/** A server that pages without end is not listened to for ever. */
const MAX_PAGES = 50;

/** Of a server that may be told, each call says which trace it is of. */
export function createSession(
  { name, trace }: Pick<McpServer, 'name' | 'trace'>,
  open: () => Opened,
  tracer: Tracer,
): McpSession {
  let current: Promise<Connection> | undefined;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;

  const connect = (): Promise<Connection> => {
    if (current !== undefined) return current;
    const opening = Connection.open(name, open, () => {
      if (current === opening) current = undefined;
    });
    current = opening;
    opening.catch(() => {
      if (current === opening) current = undefined;
    });
    return opening;
  };
  const close = async (): Promise<void> => {
    clearTimeout(idle);
    const closing = current;
    current = undefined;
    const connection = await closing?.catch(() => undefined);
    await connection?.close();
  };
  /** A connection that has gone stale since it was last used, as after a restart of the server, is opened anew. */
  const lookedAt = async (
    first: Connection,
    { mayRepeat }: CallOptions,
  ): Promise<{ connection: Connection; offered: readonly OfferedTool[] }> => {
    try {
      // What cannot be undone is not the way to find out whether the line holds.
      return { connection: first, offered: await first.offer(mayRepeat ? OFFER_MS : 0) };
    } catch (error) {
      if (first.isNew || !(error instanceof PerdureError) || !error.retryable) throw error;
      const connection = await connect();
      return { connection, offered: await connection.offer(OFFER_MS) };
    }
  };
  const using = async <Value>(use: (connection: Connection) => Promise<Value>): Promise<Value> => {
    clearTimeout(idle);
    users += 1;
    try {
      return await use(await connect());
    } finally {
      users -= 1;
      if (users === 0) idle = setTimeout(() => void close(), IDLE_MS).unref();
    }
  };
  return {
    list: () => using((connection) => connection.list()),
    call: (tool, args, how) =>
      using(async (first) => {
        const { connection, offered } = await lookedAt(first, how);
        how.check(offered);
        how.signal.throwIfAborted();
        return tracer.within(
          {
            name: `tools/call ${tool}`,
            kind: 'client',
            attributes: {
              'mcp.method.name': 'tools/call',
              'gen_ai.tool.name': tool,
              'perdure.mcp.server': name,
            },
          },
          // Source: semantic-conventions, MCP: the context stands in the request's own _meta.
          () => connection.call(tool, args, { ...how, meta: trace ? { ...tracer.carrier() } : {} }),
        );
      }),
    close,
  };
}

class Connection {
  private offered: { tools: OfferedTool[]; at: number } | undefined;
  private answers = 0;

  private constructor(
    private readonly name: string,
    private readonly client: Client,
    private readonly opened: Opened,
  ) {}

  static async open(name: string, open: () => Opened, onClose: () => void): Promise<Connection> {
    const opened = open();
    // Without capabilities: a server can ask us for nothing, no model's answer and no file.
    const client = new Client({ name: 'perdure', version }, { capabilities: {} });
    const connection = new Connection(name, client, opened);
    client.onclose = onClose;
    client.onerror = () => undefined;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      connection.offered = undefined;
    });
    try {
      await client.connect(opened.transport, { timeout: CONNECT_MS });
      return connection;
    } catch (error) {
      await connection.close();
      throw mcpError(name, error, opened.fault());
    }
  }

  /** Whether it has not answered anything yet. */
  get isNew(): boolean {
    return this.answers === 0;
  }

  /** @param maxAgeMs of what is told without asking */
  async offer(maxAgeMs: number): Promise<OfferedTool[]> {
    if (this.offered === undefined || Date.now() - this.offered.at >= maxAgeMs)
      this.offered = { tools: await this.list(), at: Date.now() };
    return this.offered.tools;
  }

  /** For whoever calls next, too: no one's cancellation ends it. */
  async list(): Promise<OfferedTool[]> {
    const tools: OfferedTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const request = { method: 'tools/list' as const, params: cursor === undefined ? {} : { cursor } };
      const answer = await this.asked(() =>
        this.client.request(request, ListToolsResultSchema, { timeout: CONNECT_MS }),
      );
      tools.push(...answer.tools);
      cursor = answer.nextCursor;
      if (cursor === undefined) return tools;
    }
    throw new PerdureError('tool_failed', `${this.name}: its list of tools does not end`);
  }

  async call(
    tool: string,
    args: Record<string, JsonValue>,
    how: CallOptions & { meta: Record<string, unknown> },
  ): Promise<CallToolResult> {
    const options: RequestOptions = {
      signal: how.signal,
      // Whoever runs the tool ends it in time; this is for when nobody does.
      timeout: how.timeoutMs + 1_000,
      onprogress: ({ message, progress, total }) => {
        const words = message ?? (total === undefined ? `${progress}` : `${progress} of ${total}`);
        how.onProgress(words.slice(0, 200));
      },
    };
    try {
      return await this.asked(() =>
        this.client.request(
          {
            method: 'tools/call',
            params: { name: tool, arguments: args, ...(isEmpty(how.meta) ? {} : { _meta: how.meta }) },
          },
          CallToolResultSchema,
          options,
        ),
      );
    } catch (error) {
      how.signal.throwIfAborted();
      if (how.mayRepeat || !(error instanceof PerdureError) || !error.retryable) throw error;
      throw new PerdureError('outcome_unknown', error.message, {
        cause: error,
      });
    }
  }

  private async asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await ask();
      this.answers += 1;
      return answer;
    } catch (error) {
      const known = mcpError(this.name, error, this.opened.fault());
      // A session that the server has forgotten, or a line that is dead, is not asked again.
      if (known.code === 'tool_unavailable') await this.close();
      throw known;
    }
  }

  async close(): Promise<void> {
    await this.client.close().catch(() => undefined);
    await this.opened.release().catch(() => undefined);
  }
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;
