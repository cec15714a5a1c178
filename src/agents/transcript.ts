/** The conversation of an agent step, kept after every word of it: another attempt goes on where this one ended. */
import { z } from 'zod';
import { jsonValueSchema, type JsonValue } from '../../contracts/plan.js';
import type { ModelMessage } from '../ports/model.js';
import type { ToolContext } from '../tools/tool.js';

const messageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), text: z.string() }),
  z.object({
    role: z.literal('assistant'),
    text: z.string(),
    calls: z.array(z.object({ id: z.string(), tool: z.string(), args: jsonValueSchema })),
  }),
  z.object({ role: z.literal('tool'), callId: z.string(), tool: z.string(), result: z.string() }),
]);

export class Transcript {
  private constructor(
    private readonly memory: ToolContext['memory'],
    private readonly all: ModelMessage[],
  ) {}

  /** @param first what the conversation begins with, where there is none yet */
  static async open(memory: ToolContext['memory'], first: string): Promise<Transcript> {
    const kept = z.array(messageSchema).safeParse(await memory.load());
    return new Transcript(memory, kept.success ? kept.data : [{ role: 'user', text: first }]);
  }

  get messages(): readonly ModelMessage[] {
    return this.all;
  }

  /** Answers of the model so far. */
  get turns(): number {
    return this.all.filter(({ role }) => role === 'assistant').length;
  }

  /** The last answer, where the conversation has not gone on since. */
  lastAnswer(): Extract<ModelMessage, { role: 'assistant' }> | undefined {
    const last = this.all.findLast(({ role }) => role === 'assistant');
    const isOpen = last?.role === 'assistant' && this.all.at(-1)?.role !== 'user';
    return isOpen ? last : undefined;
  }

  hasResult(callId: string): boolean {
    const since = this.all.findLastIndex(({ role }) => role === 'assistant');
    return this.all.slice(since).some((message) => message.role === 'tool' && message.callId === callId);
  }

  /** What was asked for in the last turns, the newest last. */
  calls(): { tool: string; args: JsonValue }[] {
    return this.all.flatMap((message) =>
      message.role === 'assistant' ? message.calls.map(({ tool, args }) => ({ tool, args })) : [],
    );
  }

  async add(message: ModelMessage): Promise<void> {
    this.all.push(message);
    await this.memory.save(this.all as unknown as JsonValue);
  }
}
