/** A model and its tools by turns, until it answers: bounded, kept word by word, and with no more than it was given. */
import { z } from 'zod';
import { PerdureError } from '../../contracts/errors.js';
import type { JsonValue } from '../../contracts/plan.js';
import type { Model, ModelAnswer, ToolCall } from '../ports/model.js';
import { inputSchemaOf, type Tool, type ToolContext } from '../tools/tool.js';
import type { AgentArgs } from './agent-tool.js';
import { readAnswer } from './answer-json.js';
import { Transcript } from './transcript.js';
import { asData, dataRule, toolDescription } from './untrusted.js';

/** Characters of one tool's result that the model reads, and of the data of its task. */
const MAX_RESULT_CHARACTERS = 20_000;
const MAX_DATA_CHARACTERS = 100_000;
/** The same call, as often in a row, is a loop that leads nowhere. */
const MAX_REPEATS = 3;
/** Bytes of arguments that an event shows. */
const SHOWN_BYTES = 2_000;

export interface LoopParts {
  model: Model;
  /** The agent's own; may be empty. */
  instructions: string;
  allowed: readonly Tool[];
  parseArgs: (tool: Tool, args: Record<string, JsonValue>) => unknown;
  args: AgentArgs;
  context: ToolContext;
}

export class AgentLoop {
  private readonly schema: z.ZodType | undefined;

  constructor(private readonly parts: LoopParts) {
    const { output } = parts.args;
    this.schema = output === undefined ? undefined : z.fromJSONSchema(output);
  }

  /** @throws PerdureError `agent_no_end`, `model_output_invalid`, and what the model throws */
  async run(): Promise<JsonValue> {
    const { args, context } = this.parts;
    const transcript = await Transcript.open(context.memory, firstMessage(args));
    if (context.attempt > 1) context.write(null);
    for (;;) {
      const open = transcript.lastAnswer();
      if (open !== undefined && open.calls.length > 0) await this.callAll(open.calls, transcript);
      if (transcript.turns >= args.maxTurns)
        throw new PerdureError('agent_no_end', `it had not come to an end after ${args.maxTurns} answers`);
      const answer = await this.ask(transcript);
      await transcript.add({ role: 'assistant', text: answer.text, calls: answer.calls });
      if (answer.calls.length > 0) continue;
      const read = this.read(answer);
      if ('value' in read) return { ...read.value, turns: transcript.turns };
      await this.mend(read.wrong, transcript);
    }
  }

  private async ask(transcript: Transcript): Promise<ModelAnswer> {
    const { model, allowed, args, context, instructions } = this.parts;
    const answer = await model.answer({
      instructions: instructionsFor(instructions, args),
      messages: transcript.messages,
      tools: allowed.map((tool) => ({
        name: tool.name,
        description: toolDescription(tool),
        inputSchema: inputSchemaOf(tool),
      })),
      ...(args.output === undefined ? {} : { answerSchema: args.output }),
      signal: context.signal,
      onText: (piece) => {
        context.write(piece);
      },
    });
    await context.note({ type: 'model.called', data: { role: 'tool', ...answer.usage } });
    return answer;
  }

  private async callAll(calls: readonly ToolCall[], transcript: Transcript): Promise<void> {
    this.refuseLoop(transcript);
    for (const [i, call] of calls.entries()) {
      // An attempt before this one has done it.
      if (transcript.hasResult(call.id)) continue;
      const began = Date.now();
      const { result, error } = await this.call(call, `${transcript.turns}-${i}`);
      await transcript.add({ role: 'tool', callId: call.id, tool: call.tool, result });
      const isShown = Buffer.byteLength(JSON.stringify(call.args)) <= SHOWN_BYTES;
      await this.parts.context.note({
        type: 'agent.called',
        data: {
          turn: transcript.turns,
          tool: call.tool,
          ...(isShown ? { args: call.args } : {}),
          ...(error === undefined ? {} : { error: error.toInfo() }),
          durationMs: Date.now() - began,
        },
      });
    }
  }

  /** A failure is an answer too: the model may do better. What passes by itself ends the attempt. */
  private async call(call: ToolCall, position: string): Promise<{ result: string; error?: PerdureError }> {
    const { context, allowed } = this.parts;
    try {
      const tool = allowed.find(({ name }) => name === call.tool);
      if (tool === undefined) {
        const names = allowed.map(({ name }) => name).join(', ');
        throw new PerdureError(
          'tool_invalid_args',
          `there is no tool ${JSON.stringify(call.tool)}, only: ${names}`,
        );
      }
      const args = this.parts.parseArgs(tool, asObject(call.args));
      const limit = AbortSignal.timeout(tool.timeoutSeconds * 1000);
      const given = await tool.execute(args, {
        ...context,
        signal: AbortSignal.any([context.signal, limit]),
        idempotencyKey: `${context.idempotencyKey}/${position}`,
      });
      if (!('output' in given))
        throw new PerdureError('tool_failed', `${tool.name} can be a step of a plan only`);
      return {
        result: asData(`result of ${tool.name}`, JSON.stringify(given.output), MAX_RESULT_CHARACTERS),
      };
    } catch (thrown) {
      context.signal.throwIfAborted();
      const error =
        thrown instanceof PerdureError
          ? thrown
          : new PerdureError('tool_failed', thrown instanceof Error ? thrown.message : String(thrown));
      if (error.code === 'workspace_unavailable' || error.code === 'store_unavailable') throw error;
      const words = `${error.code}: ${error.message}`;
      return { result: asData(`failure of ${call.tool}`, words, MAX_RESULT_CHARACTERS), error };
    }
  }

  private refuseLoop(transcript: Transcript): void {
    const last = transcript
      .calls()
      .slice(-MAX_REPEATS)
      .map((call) => JSON.stringify(call));
    if (last.length === MAX_REPEATS && new Set(last).size === 1)
      throw new PerdureError(
        'agent_no_end',
        `it asked for the same call ${MAX_REPEATS} times in a row: ${last[0]?.slice(0, 200) ?? ''}`,
      );
  }

  private read(answer: ModelAnswer): { value: Record<string, JsonValue> } | { wrong: string[] } {
    if (this.schema !== undefined) {
      const read = readAnswer(answer, this.schema);
      return 'value' in read ? { value: { value: read.value as JsonValue } } : read;
    }
    if (answer.text.trim() === '') return { wrong: ['the answer was empty'] };
    if (answer.isCut) return { wrong: ['the answer was cut off at your limit of length: write less'] };
    return { value: { text: answer.text } };
  }

  /** Once in a step. */
  private async mend(wrong: string[], transcript: Transcript): Promise<void> {
    const { context, model } = this.parts;
    const wasMended = transcript.messages.some(({ role }, i) => role === 'user' && i > 0);
    const lines = wrong.slice(0, 20);
    if (wasMended)
      throw new PerdureError('model_output_invalid', `${model.name}: ${lines.join('; ')}`.slice(0, 2_000));
    context.write(null);
    await transcript.add({
      role: 'user',
      text: `This cannot be used:\n${lines.map((line) => `- ${line}`).join('\n')}\nAnswer again, whole and corrected.`,
    });
  }
}

const instructionsFor = (ofAgent: string, { output }: AgentArgs): string =>
  [
    'You carry out one task. Call tools where you need them; when the task is done, answer without calling any.',
    ...(ofAgent === '' ? [] : [ofAgent]),
    dataRule,
    ...(output === undefined
      ? []
      : [
          `Your answer is one JSON object that fits this schema, and nothing else:\n${JSON.stringify(output)}`,
        ]),
  ].join('\n\n');

const firstMessage = ({ task, data }: AgentArgs): string =>
  data === undefined
    ? task
    : `${task}\n\n${asData('what the task is about', typeof data === 'string' ? data : JSON.stringify(data), MAX_DATA_CHARACTERS)}`;

const asObject = (args: JsonValue): Record<string, JsonValue> => {
  if (typeof args === 'object' && args !== null && !Array.isArray(args)) return args;
  throw new PerdureError('tool_invalid_args', 'the arguments must be a JSON object');
};
