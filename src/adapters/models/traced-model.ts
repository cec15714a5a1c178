/**
 * A model whose calls are traced, by OpenTelemetry's conventions for generative AI. What was said stands there only where
 * the operator wants it.
 */
import type { Model, ModelAnswer, ModelRequest } from '../../ports/model.js';
import type { SpanAttributes, Tracer } from '../../ports/tracer.js';
import { providerOf } from './ai-model.js';

export const traced = (model: Model, tracer: Tracer): Model => ({
  name: model.name,
  answer(request) {
    const name = model.name.slice(providerOf(model.name).length + 1);
    return tracer.within(
      {
        name: `chat ${name}`,
        kind: 'client',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': providerOf(model.name),
          'gen_ai.request.model': name,
          'gen_ai.output.type': request.answerSchema === undefined ? 'text' : 'json',
          ...(tracer.showsContent ? asked(request) : {}),
        },
      },
      async (span) => {
        const answer = await model.answer(request);
        const { inputTokens, outputTokens, costUsd } = answer.usage;
        span.set({
          'gen_ai.response.model': name,
          'gen_ai.usage.input_tokens': inputTokens,
          'gen_ai.usage.output_tokens': outputTokens,
          'gen_ai.response.finish_reasons': [finishOf(answer)],
          // No convention has it yet.
          'perdure.cost.usd': costUsd,
          ...(tracer.showsContent ? said(answer) : {}),
        });
        return answer;
      },
    );
  },
});

function finishOf({ isCut, calls }: ModelAnswer): string {
  if (isCut) return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

const textPart = (content: string) => ({ type: 'text', content });
const callPart = ({ id, tool, args }: ModelAnswer['calls'][number]) => ({
  type: 'tool_call',
  id,
  name: tool,
  arguments: args,
});

/** Source: semantic-conventions, gen-ai-input-messages.json and its like. */
function asked({ instructions, messages, tools }: ModelRequest): SpanAttributes {
  const parts = messages.map((message) => {
    switch (message.role) {
      case 'user':
        return { role: 'user', parts: [textPart(message.text)] };
      case 'assistant':
        return { role: 'assistant', parts: [textPart(message.text), ...message.calls.map(callPart)] };
      case 'tool':
        return {
          role: 'tool',
          parts: [{ type: 'tool_call_response', id: message.callId, response: message.result }],
        };
    }
  });
  return {
    'gen_ai.system_instructions': JSON.stringify([textPart(instructions)]),
    'gen_ai.input.messages': JSON.stringify(parts),
    'gen_ai.tool.definitions':
      tools === undefined ? undefined : JSON.stringify(tools.map(({ name }) => ({ type: 'function', name }))),
  };
}

const said = (answer: ModelAnswer): SpanAttributes => ({
  'gen_ai.output.messages': JSON.stringify([
    {
      role: 'assistant',
      parts: [textPart(answer.text), ...answer.calls.map(callPart)],
      finish_reason: finishOf(answer),
    },
  ]),
});
