/**
 * An MCP server as a child process, spoken to by lines of JSON. Unlike the SDK's own transport it bounds what a line
 * may hold, and ends the child with all that it has started.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { deserializeMessage, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { PerdureError } from '../../../contracts/errors.js';

export interface ChildServer {
  command: string;
  args: readonly string[];
  /** Beside PATH, HOME and the like: nothing else of our own environment is passed on. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  maxLineBytes: number;
  /** Lines that it writes to standard error. */
  onLog: (line: string) => void;
}

/** Milliseconds that a child gets to end when its input is closed, and then when it is told to. */
const GRACE_MS = 500;
const LOG_CHARACTERS = 500;
/** Lines on its output that are no message: a greeting is passed over, a stream of anything is not read on. */
const MAX_STRAY_LINES = 1_000;

export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  /** Why it broke off; undefined while it has not, and where the server ended by itself. */
  fault: PerdureError | undefined;
  private child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  private ended: Promise<void> = Promise.resolve();
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private strayLines = 0;

  constructor(private readonly server: ChildServer) {}

  async start(): Promise<void> {
    const { command, args, env, cwd } = this.server;
    const child = spawn(command, args, {
      cwd,
      env: { ...getDefaultEnvironment(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: a launcher such as npx is ended with what it has launched.
      detached: true,
    });
    this.child = child;
    this.ended = new Promise((resolve) => {
      child.once('close', () => {
        this.child = undefined;
        resolve();
        this.onclose?.();
      });
    });
    child.stdin.on('error', (error) => this.onerror?.(error));
    child.stdout.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, LOG_CHARACTERS);
      for (const line of lines) if (line.trim() !== '') this.server.onLog(line.slice(0, LOG_CHARACTERS));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(
          new PerdureError('tool_unavailable', `it could not be started: ${error.message}`, { cause: error }),
        );
      });
    });
  }

  /** Whether it was there, and is not any more. */
  get hasEnded(): boolean {
    return this.child?.pid === undefined;
  }

  private read(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length && this.fault === undefined) {
      const end = chunk.indexOf(10, from);
      const piece = chunk.subarray(from, end < 0 ? chunk.length : end);
      this.bytes += piece.length;
      if (this.bytes > this.server.maxLineBytes) {
        const { maxLineBytes } = this.server;
        const message = `the server wrote a message of more than ${maxLineBytes} bytes`;
        this.breakOff(new PerdureError('tool_limit_exceeded', message));
        return;
      }
      this.chunks.push(piece);
      if (end < 0) return;
      this.deliver(Buffer.concat(this.chunks).toString());
      this.chunks.length = 0;
      this.bytes = 0;
      from = end + 1;
    }
  }

  private breakOff(fault: PerdureError): void {
    this.fault ??= fault;
    this.child?.stdout.destroy();
    this.kill('SIGKILL');
  }

  private deliver(line: string): void {
    if (this.fault !== undefined || line.trim() === '') return;
    try {
      this.onmessage?.(deserializeMessage(line));
    } catch (error) {
      // Many print a greeting there; a message that is lost ends by its time-out.
      this.strayLines += 1;
      if (this.strayLines > MAX_STRAY_LINES)
        this.breakOff(new PerdureError('tool_failed', 'what it writes are no messages of MCP'));
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    const { child } = this;
    if (child === undefined) return Promise.reject(new Error('the server has ended'));
    return new Promise((resolve, reject) => {
      child.stdin.write(serializeMessage(message), (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  }

  async close(): Promise<void> {
    if (this.child === undefined) return;
    this.child.stdin.end();
    const timers = (['SIGTERM', 'SIGKILL'] as const).map((signal, i) =>
      setTimeout(
        () => {
          this.kill(signal);
        },
        GRACE_MS * (i + 1),
      ),
    );
    await this.ended;
    timers.forEach(clearTimeout);
  }

  private kill(signal: NodeJS.Signals): void {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
