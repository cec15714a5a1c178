/** A model behind the AI SDK: one streamed call, within its time and its size, never tried again here. */
import {
  jsonSchema,
  Output,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type ToolSet,
} from 'ai';
import { PerdureError } from '../../../contracts/errors.js';
import { shapeFault } from '../../../contracts/json-shape.js';
import type { JsonValue } from '../../../contracts/plan.js';
import type { Model, ModelAnswer, ModelRequest, ToolCall } from '../../ports/model.js';
import { modelError } from './model-error.js';
import { costOf, type Price } from './prices.js';

export interface ModelLimits {
  /** Milliseconds that one answer may take. */
  totalMs: number;
  /** Milliseconds that may pass without a piece of it. */
  stallMs: number;
}

/** Parts of a stream that say nothing of the provider's. */
const unsaid: ReadonlySet<string> = new Set(['start', 'start-step', 'error', 'abort']);
/** Characters of text, and of a tool call's arguments, in one answer. */
const MAX_CHARACTERS = 1_000_000;
const MAX_CALLS = 64;
const CHARACTERS_A_TOKEN = 4;

export interface AiModelOptions {
  /** `provider:name`. */
  name: string;
  model: Exclude<LanguageModel, string>;
  price: Price | undefined;
  limits: ModelLimits;
}

export function createAiModel(options: AiModelOptions): Model {
  return { name: options.name, answer: (request) => new Call(options, request).answer() };
}

class Call {
  private readonly stop = new AbortController();
  private readonly startedAt = Date.now();
  private text = '';
  /** Whether anything of the answer has come. */
  private hasBegun = false;
  private readonly calls: ToolCall[] = [];

  constructor(
    private readonly options: AiModelOptions,
    private readonly request: ModelRequest,
  ) {}

  async answer(): Promise<ModelAnswer> {
    const { signal } = this.request;
    signal.throwIfAborted();
    const onAbort = (): void => {
      this.stop.abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const { totalMs } = this.options.limits;
    const timer = setTimeout(() => {
      this.stop.abort(this.late(`took longer than ${totalMs / 1000} s`));
    }, totalMs);
    try {
      return await this.read();
    } catch (error) {
      if (this.hasBegun || this.stop.signal.aborted) this.request.onBroken?.();
      // What ended the call says why; what the SDK makes of it does not.
      if (this.stop.signal.aborted) throw this.stop.signal.reason;
      throw modelError(this.options.name, error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // Nothing is read any more, whatever the reason was.
      this.stop.abort();
    }
  }

  private async read(): Promise<ModelAnswer> {
    const { name, price } = this.options;
    const parts = this.start()[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.withinStall(parts.next());
      if (next.done === true) throw new PerdureError('model_unavailable', `${name}: the answer broke off`);
      const part = next.value;
      this.hasBegun ||= !unsaid.has(part.type);
      switch (part.type) {
        case 'text-delta':
          this.add(part.text);
          break;
        case 'tool-call':
          this.addCall({ id: part.toolCallId, tool: part.toolName, args: part.input as JsonValue });
          break;
        case 'error':
          throw part.error;
        case 'abort':
          throw this.stop.signal.reason;
        case 'finish': {
          const { finishReason, totalUsage } = part;
          if (finishReason === 'content-filter')
            throw new PerdureError('model_refused', `${name} refused to answer`);
          if (finishReason === 'error')
            throw new PerdureError('model_unavailable', `${name}: the answer broke off`);
          const tokens = {
            inputTokens: totalUsage.inputTokens ?? tokensOf(this.asked()),
            outputTokens: totalUsage.outputTokens ?? tokensOf({ text: this.text, calls: this.calls }),
          };
          return {
            text: this.text,
            calls: this.calls,
            isCut: finishReason === 'length',
            usage: {
              model: name,
              ...tokens,
              costUsd: costOf(price, tokens),
              durationMs: Date.now() - this.startedAt,
            },
          };
        }
        default:
          break;
      }
    }
  }

  private asked(): unknown {
    const { instructions, messages, tools = [], answerSchema = null } = this.request;
    return { instructions, messages, tools, answerSchema };
  }

  private start() {
    const { instructions, messages, tools, answerSchema } = this.request;
    const set: ToolSet = Object.fromEntries(
      (tools ?? []).map(({ name, description, inputSchema }) => [
        name,
        tool({ description, inputSchema: jsonSchema(inputSchema) }),
      ]),
    );
    return streamText({
      model: this.options.model,
      system: instructions,
      messages: messages.map(toSdk),
      ...(tools === undefined || tools.length === 0 ? {} : { tools: set }),
      ...(answerSchema === undefined ? {} : { output: shaped(answerSchema) }),
      // Plans hold arguments of any shape, which the strict form of schemas cannot say.
      providerOptions: { [providerOf(this.options.name)]: { strictJsonSchema: false } },
      abortSignal: this.stop.signal,
      maxRetries: 0,
      // Errors come as parts of the stream; the SDK would print them besides.
      onError: () => undefined,
    }).fullStream;
  }

  private add(piece: string): void {
    this.text += piece;
    if (this.text.length > MAX_CHARACTERS)
      throw new PerdureError(
        'model_limit_exceeded',
        `${this.options.name} wrote more than ${MAX_CHARACTERS} characters`,
      );
    if (piece !== '') this.request.onText?.(piece);
  }

  private addCall(asked: ToolCall): void {
    const fault = shapeFault(asked.args);
    // No object, and so no arguments: the model is told that.
    const call = fault === undefined ? asked : { ...asked, args: fault.message };
    this.calls.push(call);
    if (this.calls.length > MAX_CALLS || JSON.stringify(call.args ?? null).length > MAX_CHARACTERS)
      throw new PerdureError(
        'model_limit_exceeded',
        `${this.options.name} asked for more than ${MAX_CALLS} calls at once or ${MAX_CHARACTERS} characters of arguments`,
      );
  }

  /** A connection that says nothing any more would hold the call until its whole time is over. */
  private async withinStall<Value>(next: Promise<Value>): Promise<Value> {
    const { stallMs } = this.options.limits;
    let timer: NodeJS.Timeout | undefined;
    const { signal } = this.stop;
    try {
      return await new Promise<Value>((resolve, reject) => {
        const onStop = (): void => {
          reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
        };
        if (signal.aborted) onStop();
        // The answer that is given up, or whose provider heeds no signal, must hold nobody.
        signal.addEventListener('abort', onStop, { once: true });
        timer = setTimeout(() => {
          this.stop.abort(this.late(`said nothing for ${stallMs / 1000} s`));
        }, stallMs);
        next.then(resolve, reject).finally(() => {
          signal.removeEventListener('abort', onStop);
        });
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private late(how: string): PerdureError {
    return new PerdureError('model_timeout', `${this.options.name} ${how}`);
  }
}

/** Asks the provider for the shape and leaves the text alone: the SDK would parse all of it anew with every piece. */
const shaped = (schema: Record<string, unknown>) => ({
  ...Output.object({ schema: jsonSchema(schema) }),
  parseCompleteOutput: ({ text }: { text: string }) => Promise.resolve(text),
  // What differs from the last is passed on at once.
  parsePartialOutput: ({ text }: { text: string }) => Promise.resolve({ partial: text.length }),
});

/** By its size: servers that do not count must not be free to a budget. */
const tokensOf = (value: unknown): number => Math.ceil(JSON.stringify(value).length / CHARACTERS_A_TOKEN);

export const providerOf = (name: string): string => name.slice(0, name.indexOf(':'));

function toSdk(message: ModelRequest['messages'][number]): ModelMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.text };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
          ...message.calls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.tool,
            input: call.args,
          })),
        ],
      };
    case 'tool':
      return {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: message.callId,
            toolName: message.tool,
            output: { type: 'text', value: message.result },
          },
        ],
      };
  }
}
